/** Everything the load's process can be asked to do, by name. */
import { files, manyFiles } from './files.js';
import { deleteMany, list, makeBucket } from './listing.js';
import { rate } from './rate.js';
import { diskSpeed, hashSpeed, syncSpeed } from './reference.js';
import { download, manyUploads, multipart, upload } from './transfer.js';
import { visibility } from './visibility.js';

export const TASKS = {
  rate,
  download,
  upload,
  manyUploads,
  multipart,
  list,
  deleteMany,
  makeBucket,
  hashSpeed,
  diskSpeed,
  syncSpeed,
  files,
  manyFiles,
  visibility,
};

export type Tasks = typeof TASKS;
export type TaskName = keyof Tasks;
