"""The ingest of one photo as plain Python: OpenCV for pixels, ONNX Runtime for the models, NumPy for the rest.

It uses the model files of the pack `open` and the same stages as `crates/engine`, written independently of it:
that is what makes it a reference for results and a peer for speed.
"""

import base64
import io
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from PIL import Image, ImageOps

PACK = "open"
DETECTOR_FILE = "yunet_n_dynamic.onnx"
RECOGNISER_FILE = "espdl_mbf_fast.onnx"

DETECT_LONG_SIDE_PX = 640
DETECT_SIDE_MULTIPLE_PX = 32
STRIDES = (8, 16, 32)
SCORE_MIN = 0.6
NMS_IOU_MAX = 0.45

# The five points of ArcFace's 112×112 template (InsightFace, arcface_dst).
TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
CROP_SIDE_PX = 112
EMBEDDING_SIZE = 512

RENDITION_LONG_SIDES_PX = {"preview": 2048, "thumb": 480}
JPEG_QUALITY = 82

# A tight portrait fills its frame and has no context for the detector: a border gives it some.
RETRY_BORDER_SHARE = 0.5


@dataclass
class Face:
    """One face, in pixels of the picture as a person sees it (EXIF orientation applied)."""

    score: float
    box: np.ndarray  # x, y, width, height
    landmarks: np.ndarray  # (5, 2)
    embedding: np.ndarray | None = None  # (512,), unit length


class Stopwatch:
    """Adds up the seconds of named stages."""

    def __init__(self):
        self.seconds = Counter()

    @contextmanager
    def stage(self, name):
        start = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - start


class Pipeline:
    """The two models and everything around them. One per thread when several threads run."""

    def __init__(self, models: Path, model_threads: int = 0):
        self.detector = _session(models / DETECTOR_FILE, model_threads)
        self.recogniser = _session(models / RECOGNISER_FILE, model_threads)
        self.detector_outputs = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox", "kps")]

    def faces(self, picture: np.ndarray, watch: Stopwatch | None = None) -> list[Face]:
        """All faces of a BGR picture, with their embeddings, most certain first."""
        watch = watch or Stopwatch()
        with watch.stage("detect"):
            found = self.detect(picture)
        with watch.stage("embed"):
            self.embed(picture, found)
        return found

    def detect(self, picture: np.ndarray) -> list[Face]:
        """The faces of a BGR picture, without embeddings."""
        small, scale = _shrunk_for_detection(picture)
        outputs = dict(zip(self.detector_outputs, self.detector.run(self.detector_outputs, {"input": _tensor(small)})))
        scores, boxes, landmarks = _decoded(outputs, small.shape[1])
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), SCORE_MIN, NMS_IOU_MAX)
        return [
            Face(float(scores[i]), boxes[i] / np.tile(scale, 2), landmarks[i] / scale)
            for i in np.asarray(kept, dtype=int).ravel()
        ]

    def detect_selfie(self, picture: np.ndarray) -> tuple[list[Face], np.ndarray]:
        """Like `detect`, but tries again with a border. Also returns the picture the coordinates belong to."""
        found = self.detect(picture)
        if found:
            return found, picture
        border = round(max(picture.shape[:2]) * RETRY_BORDER_SHARE)
        framed = cv2.copyMakeBorder(picture, border, border, border, border, cv2.BORDER_CONSTANT)
        return self.detect(framed), framed

    def embed(self, picture: np.ndarray, faces: list[Face]) -> None:
        """Fills in the embeddings, all faces of the picture in one batch."""
        if not faces:
            return
        crops = np.stack([aligned(picture, face.landmarks) for face in faces])
        batch = (crops[..., ::-1].astype(np.float32) - 127.5) / 127.5  # BGR to RGB, to [-1, 1]
        batch = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
        raw = self.recogniser.run(["embedding"], {"input": batch})[0]
        for face, vector in zip(faces, raw / np.linalg.norm(raw, axis=1, keepdims=True)):
            face.embedding = vector


def _session(file: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads  # 0: as many as there are cores
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def decoded_picture(data: bytes) -> np.ndarray:
    """The pixels as BGR, the EXIF orientation applied. Pillow is asked where OpenCV cannot."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is not None:
        return picture
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))[..., ::-1].copy()


def _shrunk_for_detection(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture at the detector's size, padded on the right and below, and its scale in x and y."""
    height, width = picture.shape[:2]
    factor = DETECT_LONG_SIDE_PX / max(width, height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    right, below = (-side % DETECT_SIDE_MULTIPLE_PX for side in size)
    padded = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_CONSTANT)
    return padded, np.array([size[0] / width, size[1] / height])


def _tensor(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32)


def _decoded(outputs: dict[str, np.ndarray], width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """YuNet's outputs as scores, boxes (x, y, width, height) and landmarks, in pixels of the detector's input."""
    parts = [_decoded_stride(outputs, stride, width // stride) for stride in STRIDES]
    return tuple(np.concatenate(part) for part in zip(*parts))


def _decoded_stride(outputs: dict[str, np.ndarray], stride: int, columns: int):
    classes, objects, boxes, points = (outputs[f"{kind}_{stride}"][0] for kind in ("cls", "obj", "bbox", "kps"))
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
    cells = np.flatnonzero(scores >= SCORE_MIN)
    origin = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    centre = (origin + boxes[cells, :2]) * stride
    size = np.exp(boxes[cells, 2:]) * stride
    landmarks = (points[cells].reshape(-1, 5, 2) + origin[:, None]) * stride
    return scores[cells], np.hstack([centre - size / 2, size]), landmarks


def aligned(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The face turned and scaled onto the template, 112×112."""
    matrix = similarity(landmarks, TEMPLATE)
    return cv2.warpAffine(picture, matrix, (CROP_SIDE_PX, CROP_SIDE_PX), flags=cv2.INTER_LINEAR)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The 2×3 matrix of the similarity transform that brings `source` closest to `target` (Umeyama 1991)."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    from_mean, to_mean = source - source_mean, target - target_mean
    left, singular, right = np.linalg.svd(to_mean.T @ from_mean / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    rotation = left @ np.diag(sign) @ right
    factor = (singular * sign).sum() / from_mean.var(axis=0).sum()
    shift = target_mean - factor * rotation @ source_mean
    return np.hstack([factor * rotation, shift[:, None]])


def renditions(picture: np.ndarray) -> dict[str, bytes]:
    """The smaller copies as JPEG bytes; a picture is never enlarged. The smaller is made from the larger."""
    made = {}
    for name, long_side in RENDITION_LONG_SIDES_PX.items():
        factor = long_side / max(picture.shape[:2])
        if factor < 1:
            picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        made[name] = _jpeg(picture)
    return made


def _jpeg(picture: np.ndarray) -> bytes:
    subsampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    parameters = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, subsampling]
    return cv2.imencode(".jpg", picture, parameters)[1].tobytes()


def as_float16_base64(vector: np.ndarray) -> str:
    """A vector as base64 of its little-endian 16-bit floats."""
    return base64.b64encode(vector.astype("<f2").tobytes()).decode("ascii")
