"""Who is on a picture, who made it and where never leaves the file: not in results, errors, logs or copies of them."""

import logging
import pickle
import traceback
import warnings

import numpy as np
import pytest
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, RLELossless

from gam_viz.images import PictureError, Rendering, decode, measured_range, open_source, render
from tests.images.dicom_files import dataset, item, written

SECRET = "ZQSECRET"
NAMES = (
    *("PatientName", "PatientID", "PatientBirthName", "PatientMotherBirthName", "PatientAddress", "OtherPatientIDs"),
    *("PatientTelephoneNumbers", "PatientComments", "MedicalRecordLocator", "EthnicGroup", "Occupation"),
    *("InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "StationName", "Manufacturer"),
    *("ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "NameOfPhysiciansReadingStudy"),
    *("StudyDescription", "SeriesDescription", "ProtocolName", "StudyID", "AccessionNumber", "ImageComments"),
    *("AdditionalPatientHistory", "DeviceSerialNumber", "RequestingPhysician", "RequestedProcedureDescription"),
)


def marked(values: np.ndarray) -> Dataset:
    data = dataset(values, Modality="CT", WindowCenter=100, WindowWidth=200)
    for index, name in enumerate(NAMES):
        value = f"{SECRET}{index}" if dictionary_VR(name) != "PN" else f"{SECRET}^{index}"
        setattr(data, name, value[:16] if dictionary_VR(name) in ("SH", "CS") else value)
    data.PatientBirthDate = "19010203"
    data.add_new(0x00091001, "LO", f"{SECRET} private")
    data.RequestAttributesSequence = [item(RequestedProcedureDescription=f"{SECRET} nested")]
    data.DerivationDescription = f"{SECRET} derived"
    return data


def all_that_is_told(data: bytes) -> str:
    """Everything that comes out of opening and rendering a file, in every form that could be kept or shown."""
    told = []
    try:
        source = open_source(data, "scan.dcm")
        told += [repr(source), str(source.facts), str(source.windows), str(source.notes), repr(vars(source))]
        told.append(pickle.dumps(source).decode("latin-1"))
        for rendering in (None, Rendering(window="lung"), Rendering(stretch=(1, 99))):
            picture = render(source, rendering)
            told += [repr(picture), picture.key, " ".join(map(str, picture.notes))]
            told.append(pickle.dumps(picture).decode("latin-1"))
        told.append(str(measured_range(source)))
    except PictureError as error:
        told += [str(error), repr(error), repr(error.details), *traceback.format_exception(error)]
    return "\n".join(told)


@pytest.fixture
def listening(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("pydicom").setLevel(logging.DEBUG)
    return caplog


def test_no_name_is_told_of_a_sound_file(
    listening: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for syntax in (None, RLELossless, JPEG2000Lossless):
            data = marked(values)
            if syntax is not None:
                data.compress(syntax, generate_instance_uid=False)
            bytes_ = written(data)
            assert SECRET.encode() in bytes_
            told = all_that_is_told(bytes_)
            assert "CT" in told
            assert_silent(told)
    assert_silent("\n".join(str(warning.message) for warning in caught))
    assert_silent(listening.text + "".join(capfd.readouterr()))


def test_no_name_is_told_of_a_damaged_file(
    listening: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    sound = written(marked(values))
    broken = [
        sound[: len(sound) // 2],
        sound[:600],
        sound[:-10],
        sound.replace(b"MONOCHROME2", b"MONOCHROME9"),
        *(change(values, **{tag: value}) for tag, value in DAMAGE.items()),
    ]
    for data in broken:
        assert_silent(all_that_is_told(data))
    assert_silent(listening.text + "".join(capfd.readouterr()))


def test_a_modality_that_is_a_name_is_not_told() -> None:
    data = marked(np.zeros((4, 4), np.uint16))
    data.Modality = SECRET
    source = open_source(written(data), "scan.dcm")
    assert not [fact for fact in source.facts if fact.code == "modality"]


def test_the_list_of_tags_that_are_read_names_nobody() -> None:
    from gam_viz.images.formats.dicom import walk

    kinds = {keyword: dictionary_VR(keyword) for keyword in walk.READ | walk.ENTERED}
    assert not {name for name, kind in kinds.items() if kind in ("PN", "DA", "TM", "DT", "AS", "LT", "ST", "UT")}
    assert not [name for name in kinds if any(word in name for word in ("Patient", "Physician", "Institution"))]


DAMAGE = {"BitsAllocated": 7, "SamplesPerPixel": 3, "Rows": 9000, "BitsStored": 0, "NumberOfFrames": "9"}


def change(values: np.ndarray, **tags: object) -> bytes:
    data = marked(values)
    for name, value in tags.items():
        setattr(data, name, value)
    return written(data)


def assert_silent(told: str) -> None:
    for secret in (SECRET, "19010203", "zqsecret"):
        assert secret not in told


def test_the_name_of_the_file_is_the_user_s_own() -> None:
    picture = decode(written(marked(np.eye(4, dtype=np.uint16))), "my scan.dcm")
    assert picture.name == "my scan.dcm"
