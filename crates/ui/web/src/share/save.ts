/** Width of saved pictures: A4 at 300 dots per inch. */
const PNG_WIDTH_PX = 2480;

/** Lets the browser save `content` as a file. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser begins to read it a moment after the press.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const saveSvg = (svg: string, name: string): void => save(new Blob([svg], { type: 'image/svg+xml' }), `${name}.svg`);

/** Draws the picture at print size. Rejects when the browser cannot. */
export async function savePng(svg: string, name: string): Promise<void> {
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await picture.decode();
  const canvas = document.createElement('canvas');
  canvas.width = PNG_WIDTH_PX;
  canvas.height = Math.round((PNG_WIDTH_PX * picture.naturalHeight) / picture.naturalWidth);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (png === null) throw new Error('no picture');
  save(png, `${name}.png`);
}

/** A picture's bytes as an address that holds them. */
export async function embedded(url: string): Promise<string> {
  const blob = await (await fetch(url)).blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
