"""boto3 against the endpoint of $ENDPOINT: asserts what a program relies on, prints one line for each."""
import hashlib, io, os, sys, threading

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

store, home = sys.argv[1], sys.argv[2]
settings = dict(signature_version='s3v4', retries={'max_attempts': 1}, s3={'addressing_style': 'path'})
s3 = boto3.client('s3', endpoint_url=os.environ['ENDPOINT'], config=Config(**settings))


def code(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response['Error']['Code']
    return None


def fetched(key):
    return s3.get_object(Bucket='boto', Key=key)['Body'].read()


s3.create_bucket(Bucket='boto')
assert [b['Name'] for b in s3.list_buckets()['Buckets']] == ['boto']
assert s3.get_bucket_location(Bucket='boto')['LocationConstraint'] is None
print('buckets')

data = bytes(bytearray(os.urandom(1 << 20)) * 64)
path = os.path.join(home, 'sixty-four')
with open(path, 'wb') as f:
    f.write(data)
config = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=8 << 20, max_concurrency=4)
s3.upload_file(path, 'boto', 'dir/sixty-four.bin', Config=config, ExtraArgs={'Metadata': {'who': 'boto3'}})
head = s3.head_object(Bucket='boto', Key='dir/sixty-four.bin')
assert head['ContentLength'] == 64 << 20 and head['ETag'].endswith('-8"'), head
assert head['Metadata'] == {'who': 'boto3'}, head
with open(os.path.join(store, 'boto/dir/sixty-four.bin'), 'rb') as f:
    assert f.read() == data
print('upload_file of 64 MiB in parts')

s3.download_file('boto', 'dir/sixty-four.bin', path + '.back', Config=config)
with open(path + '.back', 'rb') as f:
    assert f.read() == data
part = s3.get_object(Bucket='boto', Key='dir/sixty-four.bin', Range='bytes=100-199')
assert part['ResponseMetadata']['HTTPStatusCode'] == 206 and part['Body'].read() == data[100:200]
assert s3.head_object(Bucket='boto', Key='dir/sixty-four.bin', PartNumber=2)['ContentLength'] == 8 << 20
print('download_file and ranges')

s3.upload_fileobj(io.BytesIO(b'from a stream'), 'boto', 'stream.txt', ExtraArgs={'ContentType': 'text/x-odd'})
got = s3.get_object(Bucket='boto', Key='stream.txt')
assert got['Body'].read() == b'from a stream' and got['ContentType'] == 'text/x-odd'
assert got['ETag'] == '"%s"' % hashlib.md5(b'from a stream').hexdigest()
print('upload_fileobj')

assert code(s3.get_object, Bucket='boto', Key='none') == 'NoSuchKey'
assert code(s3.head_object, Bucket='boto', Key='dir') == '404'
assert code(s3.get_object, Bucket='none-such', Key='x') == 'NoSuchBucket'
assert code(s3.delete_bucket, Bucket='boto') == 'BucketNotEmpty'
assert code(s3.get_object, Bucket='boto', Key='stream.txt', IfNoneMatch=got['ETag']) == '304'
assert code(s3.get_object, Bucket='boto', Key='stream.txt', IfMatch='"x"') == 'PreconditionFailed'
wrong = boto3.client('s3', endpoint_url=os.environ['ENDPOINT'], aws_secret_access_key='x' * 40,
                     aws_access_key_id=os.environ['AWS_ACCESS_KEY_ID'], config=Config(**settings))
assert code(wrong.list_buckets) == 'SignatureDoesNotMatch'
print('errors by their names')

keys = ['list/%03d' % n for n in range(250)] + ['list/é/ü', 'list/a b+c', 'list/<&>"', 'list/x\ty']
threads = [threading.Thread(target=lambda mine: [s3.put_object(Bucket='boto', Key=k, Body=k.encode()) for k in mine],
                            args=(keys[n::4],)) for n in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
for call in ('list_objects_v2', 'list_objects'):
    pages = s3.get_paginator(call).paginate(Bucket='boto', Prefix='list/', PaginationConfig={'PageSize': 37})
    found = [c['Key'] for page in pages for c in page.get('Contents', [])]
    assert found == sorted(keys, key=lambda k: k.encode()), found
top = s3.list_objects_v2(Bucket='boto', Delimiter='/')
assert [p['Prefix'] for p in top['CommonPrefixes']] == ['dir/', 'list/']
assert [c['Key'] for c in top['Contents']] == ['stream.txt']
versions = s3.list_object_versions(Bucket='boto', Prefix='stream')['Versions']
assert [(v['VersionId'], v['IsLatest']) for v in versions] == [('null', True)]
print('listings')

with open(os.path.join(store, 'boto/list/000'), 'w') as f:
    f.write('edited on the disk')
assert fetched('list/000') == b'edited on the disk'
os.rename(os.path.join(store, 'boto/list/001'), os.path.join(store, 'boto/list/zzz'))
assert code(s3.get_object, Bucket='boto', Key='list/001') == 'NoSuchKey' and fetched('list/zzz') == b'list/001'
print('edits on the disk')

s3.copy({'Bucket': 'boto', 'Key': 'dir/sixty-four.bin'}, 'boto', 'copied.bin', Config=config)
assert fetched('copied.bin') == data
s3.copy_object(Bucket='boto', Key='stream2.txt', CopySource='boto/stream.txt', MetadataDirective='REPLACE',
               Metadata={'new': 'yes'}, ContentType='text/plain')
assert s3.head_object(Bucket='boto', Key='stream2.txt')['Metadata'] == {'new': 'yes'}
s3.put_object_tagging(Bucket='boto', Key='stream.txt', Tagging={'TagSet': [{'Key': 'a', 'Value': 'b'}]})
assert s3.get_object_tagging(Bucket='boto', Key='stream.txt')['TagSet'] == [{'Key': 'a', 'Value': 'b'}]
print('copies and tags')

url = s3.generate_presigned_url('put_object', Params={'Bucket': 'boto', 'Key': 'presigned.txt'})
import urllib.request
with urllib.request.urlopen(urllib.request.Request(url, data=b'presigned', method='PUT')) as answer:
    assert answer.status == 200
assert fetched('presigned.txt') == b'presigned'
print('presigned PUT')

resource = boto3.resource('s3', endpoint_url=os.environ['ENDPOINT'], config=Config(**settings))
resource.Bucket('boto').objects.all().delete()
assert 'Contents' not in s3.list_objects_v2(Bucket='boto')
s3.delete_bucket(Bucket='boto')
assert not os.path.exists(os.path.join(store, 'boto'))
print('everything deleted')
