export type CameraFailure = 'refused' | 'missing' | 'busy' | 'insecure';

/** The camera could not be opened; `failure` says why, for a person. */
export class CameraError extends Error {
  readonly failure: CameraFailure;

  constructor(failure: CameraFailure) {
    super(failure);
    this.name = 'CameraError';
    this.failure = failure;
  }
}

/** Opens the camera that faces the person. Rejects with a `CameraError`. */
export async function openCamera(): Promise<MediaStream> {
  // Without https the browser hides the whole interface.
  if (!window.isSecureContext || navigator.mediaDevices === undefined) throw new CameraError('insecure');
  const video = { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 960 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw new CameraError(failureOf(error));
  }
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** By the names that the Media Capture standard gives. */
export function failureOf(error: unknown): CameraFailure {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'missing';
}
