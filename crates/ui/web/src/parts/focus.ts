/** Puts the focus on a heading when it appears, so that a screen reader tells the new step and the keyboard goes on from there. */
export function focusHere(node: HTMLElement): void {
  node.tabIndex = -1;
  node.focus({ preventScroll: true });
}
