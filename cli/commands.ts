/** Every command there is: help, completion and the manual read this table. */
import { CLIENTS } from './client-settings.js';
import type { Command } from './command.js';
import { OPTION_NAMES, optionOf, type OptionName } from './options.js';

const STORE: readonly OptionName[] = ['directory', 'bucket', 'config'];
const ROOT_KEY: readonly OptionName[] = ['accessKey', 'secretKey', 'accessKeyFile', 'secretKeyFile'];
const SERVICE: readonly OptionName[] = OPTION_NAMES.filter((name) => optionOf(name).local !== true);

const MOUNT: readonly OptionName[] = [
  'bucket',
  'mountOptions',
  'mountMode',
  'binding',
  'as',
  'daemon',
  'log',
  'durability',
  'owner',
  'umask',
  'followSymlinks',
  'readOnly',
  'config',
  'cacheMemory',
  'logFormat',
  'logLevel',
];

/** Words that stand before others. */
export const GROUPS: Readonly<Record<string, string>> = {
  key: 'List, add and remove access keys',
  config: 'Look at the configuration',
};

export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    summary: 'Serve a directory over the S3 API',
    options: SERVICE,
    examples: [
      'bucketree serve --bucket pictures=$HOME/Pictures',
      'bucketree serve /srv/store --listen :9000 --public-read site',
    ],
    load: () => import('./commands/serve.js'),
  },
  {
    name: 'mount',
    summary: 'Mount a directory of buckets, or one bucket, as a filesystem',
    arguments: [
      { name: 'DIR', help: 'the store; none with --bucket NAME=DIR' },
      { name: 'MOUNTPOINT', help: 'an empty directory' },
    ],
    options: MOUNT,
    examples: [
      'bucketree mount /srv/store /mnt/buckets',
      'bucketree mount /srv/store /mnt/photos --bucket photos -o ro',
      'mount -t bucketree /srv/store /mnt/buckets',
    ],
    load: () => import('./commands/mount.js'),
  },
  {
    name: 'umount',
    summary: 'Unmount what bucketree mounted',
    arguments: [{ name: 'MOUNTPOINT', help: 'where it is mounted', required: true }],
    options: ['lazy', 'force'],
    load: () => import('./commands/umount.js'),
  },
  {
    name: 'key list',
    summary: 'List accounts and their access keys',
    options: [...STORE, 'readOnly', 'json', 'showSecrets'],
    load: () => import('./commands/key-list.js'),
  },
  {
    name: 'key add',
    summary: 'Make an access key, and the account it is for',
    options: [...STORE, 'readOnly', 'account', 'email', ...ROOT_KEY, 'json'],
    examples: ['bucketree key add /srv/store --account ann --email ann@example.com'],
    load: () => import('./commands/key-add.js'),
  },
  {
    name: 'key remove',
    summary: 'Remove an access key; its account stays',
    options: [...STORE, 'readOnly', 'key'],
    examples: ['bucketree key remove /srv/store --key AKIA…'],
    load: () => import('./commands/key-remove.js'),
  },
  {
    name: 'env',
    summary: 'Print settings to paste into a client',
    arguments: [{ name: 'CLIENT', help: 'the client', required: true, choices: CLIENTS }],
    options: [...SERVICE, 'endpoint', 'key'],
    examples: ['eval "$(bucketree env aws /srv/store)"', 'bucketree env s3cmd /srv/store > ~/.s3cfg'],
    load: () => import('./commands/env.js'),
  },
  {
    name: 'presign',
    summary: 'Print a URL that lets anybody read or write one object for a while',
    arguments: [{ name: 'OBJECT', help: 'BUCKET/KEY or s3://BUCKET/KEY', required: true }],
    options: [
      'directory',
      'method',
      'expires',
      'endpoint',
      'key',
      ...SERVICE.filter((name) => name !== 'directory'),
    ],
    examples: ['bucketree presign pictures/2026/cat.jpg --expires 7d --endpoint https://nas.example.com'],
    load: () => import('./commands/presign.js'),
  },
  {
    name: 'index',
    summary: 'Record the MD5 of files that came from elsewhere',
    options: [...SERVICE, 'prefix', 'rate', 'json'],
    load: () => import('./commands/index-files.js'),
  },
  {
    name: 'verify',
    summary: 'Read objects and compare them with their recorded checksums',
    options: [...SERVICE, 'prefix', 'rate', 'repair', 'json'],
    load: () => import('./commands/verify.js'),
  },
  {
    name: 'doctor',
    summary: 'Look for what would be in the way, and say how to mend it',
    options: [...SERVICE, 'json'],
    load: () => import('./commands/doctor.js'),
  },
  {
    name: 'config show',
    summary: 'Print the settings that hold, as a configuration file',
    options: [...SERVICE, 'origin', 'json'],
    load: () => import('./commands/config-show.js'),
  },
  {
    name: 'completion',
    summary: 'Print a completion script for a shell',
    arguments: [{ name: 'SHELL', help: 'the shell', required: true, choices: ['bash', 'zsh', 'fish'] }],
    options: [],
    examples: ['source <(bucketree completion bash)'],
    load: () => import('./commands/completion.js'),
  },
  {
    name: 'version',
    summary: 'Print the version',
    options: ['json'],
    load: () => import('./commands/version.js'),
  },
];
