#!/usr/bin/env node
/**
 * Where the process starts. libuv reads the size of its thread pool once, when the pool is first used, and
 * loading an ES module uses it: so this file is a CommonJS one, sets the size and only then loads the program.
 * Concurrent fsyncs share one commit of the journal, which needs as many threads.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16';

void import('./main.js').then(({ main }) => main());
