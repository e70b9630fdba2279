"""DICOM files for the tests, written by pydicom: plain, compressed, multi-frame, enhanced, nested."""

import io
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid


def dicom(values: np.ndarray, *, syntax: UID = ExplicitVRLittleEndian, **tags: Any) -> bytes:
    """A file of (rows, columns), (frames, rows, columns) or, with SamplesPerPixel=3, colour values last."""
    data = dataset(values, **tags)
    data.file_meta.TransferSyntaxUID = syntax
    return written(data)


def dataset(values: np.ndarray, **tags: Any) -> Dataset:
    samples = tags.get("SamplesPerPixel", 1)
    frames = values if values.ndim == 2 + 1 + (samples > 1) else values[None]
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid(entropy_srcs=["test"])
    data.Modality = "MR"
    data.SamplesPerPixel = samples
    data.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    data.Rows, data.Columns = frames.shape[1:3]
    if len(frames) > 1:
        data.NumberOfFrames = len(frames)
    if samples > 1:
        data.PlanarConfiguration = 0
    if values.dtype.kind == "f":
        data.BitsAllocated = 8 * values.dtype.itemsize
        data.FloatPixelData = values.astype("<f4").tobytes()
    else:
        data.BitsAllocated = data.BitsStored = 8 * values.dtype.itemsize
        data.HighBit = data.BitsStored - 1
        data.PixelRepresentation = int(values.dtype.kind == "i")
        data.PixelData = values.astype(values.dtype.newbyteorder("<")).tobytes()
        data.PixelData += b"\0" * (len(data.PixelData) % 2)
        data["PixelData"].VR = "OW" if values.dtype.itemsize > 1 else "OB"
    for name, value in tags.items():
        setattr(data, name, value)
    if "BitsStored" in tags:
        data.HighBit = tags.get("HighBit", data.BitsStored - 1)
    return data


def written(data: Dataset) -> bytes:
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def item(**tags: Any) -> Dataset:
    found = Dataset()
    for name, value in tags.items():
        setattr(found, name, value)
    return found


def lut(entries: np.ndarray, *, first: int, bits: int, signed: bool = False) -> Sequence:
    """A modality or VOI table of 16-bit entries."""
    table = Dataset()
    kind = "SS" if signed else "US"
    table.add_new(0x00283002, kind, [len(entries) if len(entries) < 32_768 or not signed else 0, first, bits])
    table.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
    return Sequence([table])
