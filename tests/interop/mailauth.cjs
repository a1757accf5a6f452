// tests/interop/mailauth.cjs: npm's mailauth for dkim_peers.py: a line of JSON in, one out.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const modules = process.argv[2];
const { dkimSign } = require(path.join(modules, 'mailauth/lib/dkim/sign'));
const { dkimVerify } = require(path.join(modules, 'mailauth/lib/dkim/verify'));

function resolverOf(records) {
  return async (name, type) => {
    const text = records[name.toLowerCase()];
    if (type !== 'TXT' || text === undefined) {
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    }
    return [text.match(/.{1,250}/g)];
  };
}

async function sign(request) {
  const result = await dkimSign(fs.readFileSync(request.file), {
    canonicalization: request.forms,
    algorithm: request.algorithm,
    signatureData: [{
      signingDomain: request.domain,
      selector: request.selector,
      privateKey: fs.readFileSync(request.key, 'utf8'),
    }],
  });
  return { field: result.signatures, errors: result.errors.map(String) };
}

async function verify(request) {
  const { results } = await dkimVerify(fs.readFileSync(request.file),
    { resolver: resolverOf(request.records) });
  return {
    results: results.map((one) => one.status.result),
    comments: results.map((one) => one.status.comment),
  };
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = await (request.do === 'sign' ? sign(request) : verify(request));
    } catch (error) {
      answer = { results: [], error: String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
})();
