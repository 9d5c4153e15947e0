import type { Problem } from '../api/problem';
import { common } from '../i18n/common';

export interface ProblemText {
  title: string;
  detail: string;
}

/** A problem in words, with its mend: the server's own, or ours when no answer of it could be read. */
export function problemText(problem: Problem): ProblemText {
  const t = common.t;
  if (problem.code === 'network') return { title: t.networkTitle, detail: t.networkDetail };
  if (problem.code === 'picture_too_large') return { title: t.tooLargeTitle, detail: t.tooLargeDetail };
  if (problem.code === 'page_broken') return { title: t.brokenTitle, detail: t.brokenDetail };
  if (problem.code === 'page_not_loaded') return { title: t.notLoadedTitle, detail: t.notLoadedDetail };
  if (problem.title === '' && problem.detail === '') {
    return { title: t.unreadableTitle, detail: t.unreadableDetail(problem.status) };
  }
  return { title: problem.title, detail: problem.detail === problem.title ? '' : problem.detail };
}
