'use strict';
// Loaded into a bot by NODE_OPTIONS: no name but localhost is looked up, so that nothing reaches the internet.
const dns = require('dns');
const { lookup } = dns;

dns.lookup = function (host, ...rest) {
  if (host === 'localhost') return lookup.call(dns, host, ...rest);
  const error = Object.assign(new Error(`no network for ${host}`), { code: 'ENOTFOUND' });
  process.nextTick(rest[rest.length - 1], error);
};
