import { me } from './api/client';
import { asProblem, type Problem } from './api/problem';
import type { User } from './api/types';
import { router } from './router.svelte';

/** The page that a person begins with. */
export function homeOf(user: User): string {
  if (user.event !== null) return `/e/${encodeURIComponent(user.event.slug)}/account`;
  return user.mfa_enrolment_needed ? '/account' : '/events';
}

/** The log-in page for those who may see the page at `pathname`: an event's own, or that of the staff. */
export function loginFor(pathname: string): string {
  const [, first, slug] = pathname.split('/');
  return first === 'e' && slug !== undefined && slug !== '' ? `/e/${slug}/login` : '/login';
}

/** Who is logged in, as far as this page knows. */
class Session {
  user: User | null = $state.raw(null);

  /** The person logged in. Goes to the log-in page, and answers `null`, when there is nobody. */
  async require(): Promise<User | null> {
    if (this.user !== null) return this.user;
    try {
      this.user = await me();
    } catch (error) {
      const problem = asProblem(error);
      if (!this.refused(problem)) throw problem;
    }
    return this.user;
  }

  /**
   * Goes where `problem` can be mended: to the log-in page when nobody is logged in, to the account page when two-step
   * log-in must be set up first. False for any other problem, and while the page holds what leaving would lose: then it
   * says the problem itself, and goes on once the person has logged in in another tab.
   */
  refused(problem: Problem): boolean {
    if (router.held !== null) return false;
    if (problem.status === 401 && problem.code === 'not_logged_in') {
      this.user = null;
      this.toLogin();
      return true;
    }
    if (problem.code === 'mfa_enrolment_needed') {
      if (this.user !== null) this.user = { ...this.user, mfa_enrolment_needed: true };
      router.go('/account', 'replace');
      return true;
    }
    return false;
  }

  toLogin(): void {
    router.go(`${loginFor(location.pathname)}?next=${encodeURIComponent(location.pathname)}`, 'replace');
  }
}

export const session = new Session();
