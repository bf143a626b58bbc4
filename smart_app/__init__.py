"""The service's edge: transport, time, storage. Holds no medical rule."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("sickleave-on-fhir")
except PackageNotFoundError:  # run from a bare checkout
    VERSION = "0+unknown"
