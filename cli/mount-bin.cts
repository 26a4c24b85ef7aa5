#!/usr/bin/env node
/** Where `mount.bucketree` starts, which mount(8) looks for in /sbin. */
void import('./mount-helper.js').then(({ main }) => main());
