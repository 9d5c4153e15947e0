import { me } from './api/client';
import { asProblem, Problem } from './api/problem';
import type { User } from './api/types';
import { router } from './router.svelte';

/** Who is logged in, as far as this page knows. */
class Session {
  user: User | null = $state(null);

  /** The person logged in. Goes to the log-in page, and answers `null`, when there is nobody. */
  async require(): Promise<User | null> {
    if (this.user !== null) return this.user;
    try {
      this.user = await me();
    } catch (error) {
      this.refused(asProblem(error));
    }
    return this.user;
  }

  /** Sends the person to the log-in page when `problem` says that nobody is logged in; throws any other problem on. */
  refused(problem: Problem): void {
    if (problem.status !== 401) throw problem;
    this.user = null;
    router.go(`/login?next=${encodeURIComponent(location.pathname)}`, 'replace');
  }
}

export const session = new Session();
