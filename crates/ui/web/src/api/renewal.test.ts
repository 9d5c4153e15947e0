import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from './problem';
import { Renewal } from './renewal';
import type { Turn } from './turn';

const expired = () => new Problem({ status: 401, code: 'not_logged_in' });
const problem = (failing: Promise<unknown>) =>
  failing.then(
    () => expect.unreachable(),
    (error: unknown) => error as Problem,
  );

/** Several tabs of one browser in front of one server that accepts each refresh token once. */
class World {
  proofs = new Set<string>();
  /** What the cookie jar of the browser holds: all tabs share it. */
  proof = 'old';
  token = 1;
  renewals: number[] = [];
  calls = 0;
  ended = false;
  #queue: Promise<unknown> = Promise.resolve();

  turn: Turn = (work) => {
    const mine = this.#queue.then(work);
    this.#queue = mine.catch(() => undefined);
    return mine;
  };

  renew = async () => {
    const used = this.token;
    await later();
    if (this.ended || used !== this.token) {
      this.ended = true;
      throw expired();
    }
    this.token += 1;
    this.renewals.push(used);
    this.proof = `proof ${this.token}`;
    this.proofs.add(this.proof);
  };

  call = async () => {
    this.calls += 1;
    const { proof } = this;
    await later();
    if (!this.proofs.has(proof)) throw expired();
    return 'answer';
  };

  tab = () => new Renewal(this.renew, this.turn);
}

const later = () => new Promise((resolve) => setTimeout(resolve, 1));

let world: World;
beforeEach(() => {
  world = new World();
});

describe('Renewal', () => {
  it('leaves a call alone that succeeds', async () => {
    world.proofs.add('old');
    expect(await world.tab().around(world.call)).toBe('answer');
    expect([world.calls, world.renewals]).toEqual([1, []]);
  });

  it('renews once and repeats the call', async () => {
    expect(await world.tab().around(world.call)).toBe('answer');
    expect(world.renewals).toEqual([1]);
  });

  it('renews once for many calls at once', async () => {
    const tab = world.tab();
    expect(await Promise.all(Array.from({ length: 9 }, () => tab.around(world.call)))).toEqual(Array(9).fill('answer'));
    expect(world.renewals).toEqual([1]);
  });

  it('never uses a token twice, with many calls in many tabs', async () => {
    const tabs = [world.tab(), world.tab(), world.tab()];
    const answers = await Promise.all(tabs.flatMap((tab) => [tab.around(world.call), tab.around(world.call)]));
    expect(answers).toEqual(Array(6).fill('answer'));
    expect(world.renewals).toEqual([1]);
    world.proofs.clear();
    await Promise.all(tabs.map((tab) => tab.around(world.call)));
    expect(world.renewals).toEqual([1, 2]);
  });

  it('uses what another tab has renewed between the call and its turn', async () => {
    let tries = 0;
    const call = async () => {
      tries += 1;
      if (tries === 1) throw expired();
      return 'answer';
    };
    expect(await world.tab().around(call)).toBe('answer');
    expect([tries, world.renewals]).toEqual([2, []]);
  });

  it('tells every call that the session is over when it cannot be renewed', async () => {
    world.ended = true;
    const tab = world.tab();
    const problems = await Promise.all([problem(tab.around(world.call)), problem(tab.around(world.call))]);
    expect(problems.map(({ code }) => code)).toEqual(['not_logged_in', 'not_logged_in']);
  });

  it('does not take a lost connection for the end of the session', async () => {
    const tab = new Renewal(() => Promise.reject(Problem.local('network')), world.turn);
    expect((await problem(tab.around(world.call))).code).toBe('network');
  });

  it.each(['wrong_credentials', 'mfa_required', 'mfa_code_wrong'])('does not renew for %s', async (code) => {
    const refuse = () => Promise.reject(new Problem({ status: 401, code }));
    expect((await problem(world.tab().around(refuse))).code).toBe(code);
    expect(world.renewals).toEqual([]);
  });

  it('tells another problem of the repeated call only to its caller', async () => {
    const tab = world.tab();
    let tries = 0;
    const missing = async () => {
      tries += 1;
      await later();
      throw tries === 1 ? expired() : new Problem({ status: 404, code: 'event_not_found' });
    };
    const [first, second] = await Promise.all([problem(tab.around(missing)), tab.around(world.call)]);
    expect([first.code, second]).toEqual(['event_not_found', 'answer']);
  });
});
