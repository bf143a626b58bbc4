"""Imports every module that defines tables, so that metadata is complete for migrations and tests."""

import smart_app.api_tokens.tables
import smart_app.assessment.tables
import smart_app.audit.tables
import smart_app.case_register.tables
import smart_app.fhir_records.tables
import smart_app.follow_up.tables
import smart_app.launch.tables
import smart_app.limits.tables
import smart_app.outbox.tables
import smart_app.store.tables
import smart_app.worklist.tables  # noqa: F401
