/** Puts `text` on the clipboard. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https there is no clipboard interface; selected text can be copied in the old way.
    const area = document.createElement('textarea');
    area.value = text;
    // Within an open dialog, which keeps the focus to itself.
    (document.activeElement?.closest('dialog, [role=dialog]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
