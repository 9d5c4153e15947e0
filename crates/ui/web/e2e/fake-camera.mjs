// Chromium's fake camera plays an .mjpeg file, which is nothing but JPEGs one after another.
import { readFileSync, writeFileSync } from 'node:fs';

const FRAMES = 12;

/** Writes to `mjpegPath` what a phone held upright sees: the selfie in the middle of a 1280 × 960 picture. */
export async function writeFakeCamera(browser, selfiePath, mjpegPath) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(1280, 960);
    const context = canvas.getContext('2d');
    context.fillStyle = '#8d8a84';
    context.fillRect(0, 0, 1280, 960);
    context.beginPath();
    context.rect(280, 0, 720, 960);
    context.clip();
    const scale = Math.max(720 / picture.width, 960 / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, (1280 - width) / 2, (960 - height) / 2, width, height);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
    return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''));
  }, readFileSync(selfiePath).toString('base64'));
  await page.close();
  const frame = Buffer.from(base64, 'base64');
  writeFileSync(mjpegPath, Buffer.concat(Array(FRAMES).fill(frame)));
}

/** Writes a landscape without anybody in it. */
export async function writeNoFace(browser, jpegPath) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(800, 600);
    const context = canvas.getContext('2d');
    const sky = context.createLinearGradient(0, 0, 0, 400);
    sky.addColorStop(0, '#6ea8d8');
    sky.addColorStop(1, '#dcebf5');
    context.fillStyle = sky;
    context.fillRect(0, 0, 800, 600);
    context.fillStyle = '#5c7f4c';
    context.fillRect(0, 400, 800, 200);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
    return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''));
  });
  await page.close();
  writeFileSync(jpegPath, Buffer.from(base64, 'base64'));
}
