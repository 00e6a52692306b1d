// `minutebank reconcile`, as an operator runs it beside the server.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { useProduct } from './product.mjs';

describe('reconcile beside the running server', () => {
  const product = useProduct({ host: '127.0.0.1' });

  test('says how many postings it checked; an altered entry is named and fails it', async () => {
    const database = await product().database();
    try {
      const [{ postings }] = await database`select count(*)::int as postings from postings`;
      const sound = await product().execute('reconcile');
      assert.match(sound.stdout, new RegExp(`^checked ${postings} postings of 5 wallets: every `));
      assert.equal(sound.code, 0);

      const [{ seq }] = await database`select max(seq) - 5 as seq from postings`;
      await database`update postings set amounts[1] = amounts[1] - 60 where seq = ${seq}`;
      const altered = await product().execute('reconcile');
      assert.match(altered.stdout, /findings\n/);
      assert.match(altered.stdout, new RegExp(`^workspace \\d+: .*posting ${seq}\\b`, 'm'));
      assert.equal(altered.code, 1);

      await database`update postings set amounts[1] = amounts[1] + 60 where seq = ${seq}`;
      assert.equal((await product().execute('reconcile')).code, 0);
    } finally {
      await database.end();
    }
  });
});
