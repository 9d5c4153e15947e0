import { coverCrop, type Rect } from './scale';

/** As much of the Shape Detection API as is used; few browsers have it. */
interface Detector {
  detect: (source: HTMLVideoElement) => Promise<{ boundingBox: Rect }[]>;
}

type DetectorClass = new (options: { fastMode: boolean; maxDetectedFaces: number }) => Detector;

export type FindFaces = (video: HTMLVideoElement) => Promise<Rect[] | null>;

/** Finds faces with what the browser brings along: boxes as shares of the frame that is seen, `null` where it brings nothing. */
export function faceFinder(): FindFaces {
  let detector = made();
  return async (video) => {
    if (detector === null) return null;
    try {
      const faces = await detector.detect(video);
      const ratio = video.clientWidth / video.clientHeight;
      return faces.map(({ boundingBox }) => inFrame(boundingBox, { width: video.videoWidth, height: video.videoHeight }, ratio));
    } catch {
      detector = null; // The browser has the interface, but nothing behind it.
      return null;
    }
  };
}

function made(): Detector | null {
  const { FaceDetector } = globalThis as { FaceDetector?: DetectorClass };
  try {
    return FaceDetector === undefined ? null : new FaceDetector({ fastMode: true, maxDetectedFaces: 3 });
  } catch {
    return null;
  }
}

/** A box in the camera's picture as shares of the part that a frame of `ratio` shows. */
export function inFrame(box: Rect, picture: { width: number; height: number }, ratio: number): Rect {
  const crop = coverCrop(picture, ratio);
  return { x: (box.x - crop.x) / crop.width, y: (box.y - crop.y) / crop.height, width: box.width / crop.width, height: box.height / crop.height };
}
