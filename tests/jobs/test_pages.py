"""What administrators see of the scheduled jobs, and that nobody else does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from lmis.config import settings
from lmis.db import reader, transaction
from lmis.jobs.models import JobRequest
from lmis.jobs.runs import Done, begin, finish
from lmis.jobs.schedule import DIFFERENCES, FAILED, all_jobs
from lmis.jobs.workers import beat
from tests.factories import NOW, TODAY
from tests.web import Site, text_of

JOBS = {job.id: job for job in all_jobs(settings())}
HOUR = timedelta(hours=1)


def did(site: Site, job: str, done: Done | None = None, ago: timedelta = HOUR, days: int = 0) -> None:
    with transaction(site.engine) as session:
        on = TODAY - timedelta(days=days)
        begin(session, JOBS[job], on, holder="máy chủ:1:ab", now=NOW - ago)
        finish(session, JOBS[job], on, done or Done(), holder="máy chủ:1:ab", now=NOW - ago + timedelta(seconds=125))


def alive(site: Site, ago: timedelta = timedelta(0)) -> None:
    with transaction(site.engine) as session:
        beat(session, "máy chủ:1:ab", NOW - 9 * HOUR, NOW - ago)


@pytest.fixture
def admin(site: Site):
    return site.browser(role="admin")


class TestWhoMaySeeThem:
    PAGES = ("/jobs", "/jobs/send-mail")

    @pytest.mark.parametrize("path", PAGES)
    def test_an_administrator_of_the_top_may(self, admin, path):
        assert admin.get(path).status_code == 200

    @pytest.mark.parametrize("role", ["manager", "storekeeper", "viewer"])
    def test_no_other_role_may(self, site, role):
        browser = site.browser(role=role)

        assert {browser.get(path).status_code for path in self.PAGES} == {403}
        assert browser.post("/jobs/send-mail/run").status_code == 403
        assert "/jobs" not in browser.get(f"/f/{site.tree.board.code}").text

    def test_nor_an_administrator_over_whom_somebody_stands(self, site):
        browser = site.browser(site.tree.district, role="admin")

        assert {browser.get(path).status_code for path in self.PAGES} == {403}
        assert browser.post("/jobs/send-mail/run").status_code == 403
        assert "/jobs" not in browser.get(f"/f/{site.tree.district.code}").text

    def test_nor_a_stranger(self, site):
        assert site.stranger().get("/jobs").headers["location"] == "/sign-in?next=%2Fjobs"

    def test_the_way_to_them_is_in_the_persons_menu_wherever_they_look(self, site, admin):
        assert '<a href="/jobs">' in admin.get(f"/f/{site.tree.commune.code}").text

    def test_an_unknown_job_is_not_found(self, admin):
        assert admin.get("/jobs/nothing").status_code == 404
        assert admin.post("/jobs/nothing/run").status_code == 404


class TestTheList:
    def test_before_anything_ran_every_job_is_there_and_that_no_worker_runs(self, admin):
        text = text_of(admin.get("/jobs"))

        assert all(job.name in text for job in JOBS.values())
        assert "No worker has ever been seen" in text
        assert text.count("has not run yet") == len(JOBS)

    def test_a_job_tells_when_it_ran_how_long_and_what_came_of_it(self, site, admin):
        alive(site)
        did(site, "clean-up", Done({"sessions": 1200, "runs": 3, "odd_ones": 2}))
        text = text_of(admin.get("/jobs"))

        assert "20/11/2026 09:00 took 2 min 5 s ● done sign-ins that are over: 1,200; old runs: 3; odd ones: 2" in text
        assert "No worker" not in text

    def test_one_that_failed_tells_its_fault_and_one_that_found_differences_the_first(self, site, admin):
        did(site, "clean-up", Done(detail="OSError: the disk is full\nsecond line", outcome=FAILED))
        did(site, "prove-ledger", Done({"differences": 2}, "one <b>differs\nanother", DIFFERENCES))
        text = text_of(admin.get("/jobs"))

        assert "■ failed failures: 1 OSError: the disk is full 21/11/2026 04:00" in text
        assert "■ found differences differences: 2 one <b>differs 21/11/2026 02:00" in text

    def test_one_that_is_late_is_marked(self, site, admin):
        did(site, "build-digests", ago=24 * HOUR, days=1)

        assert "▲ late by 4 hours, not done since 20/11/2026" in text_of(admin.get("/jobs"))

    def test_one_that_goes_on_and_one_whose_worker_died_are_told_apart(self, site, admin):
        for job, ago in (("clean-up", timedelta(0)), ("evaluate-alerts", HOUR)):
            with transaction(site.engine) as session:
                begin(session, JOBS[job], TODAY, holder="a", now=NOW - ago)
        text = text_of(admin.get("/jobs"))

        assert "20/11/2026 10:00 ◆ running now" in text
        assert "20/11/2026 09:00 ▼ broken off: its worker ended" in text

    def test_workers_are_listed_and_one_that_is_gone_is_said_to_be(self, site, admin):
        alive(site, ago=HOUR)
        text = text_of(admin.get("/jobs"))

        assert "No worker has been seen since 20/11/2026 09:00" in text
        assert "máy chủ:1:ab 20/11/2026 01:00 20/11/2026 09:00" in text

    def test_numbers_are_grouped_as_the_reader_writes_them(self, site):
        did(site, "clean-up", Done({"sessions": 1200}))

        assert ": 1.200" in text_of(site.browser(role="admin", language="vi").get("/jobs"))


class TestRunNow:
    def test_the_button_asks_a_worker_and_says_so(self, site, admin):
        alive(site)
        answer = admin.post("/jobs/clean-up/run")
        assert (answer.status_code, answer.headers["location"]) == (303, "/jobs?asked=clean-up")

        text = text_of(admin.get("/jobs?asked=clean-up"))
        assert "> Clean-up : It was asked for at 20/11/2026 10:00. A worker begins within a minute." in text

    def test_pressed_twice_it_is_asked_for_once(self, site, admin):
        for _ in range(2):
            admin.post("/jobs/clean-up/run")

        with reader(site.engine) as session:
            (asked,) = session.exec(select(JobRequest)).all()
        assert (asked.job, asked.asked_at, asked.asked_by is not None) == ("clean-up", NOW, True)

    def test_without_a_worker_it_says_that_one_must_be_started(self, site, admin):
        alive(site, ago=HOUR)
        admin.post("/jobs/clean-up/run")
        text = text_of(admin.get("/jobs?asked=clean-up"))

        assert "It begins as soon as a worker runs." in text
        assert "Start “lmis worker” again" in text

    def test_once_begun_it_is_no_longer_waited_for(self, site, admin):
        admin.post("/jobs/clean-up/run")
        did(site, "clean-up")

        assert "A worker has begun with it." in text_of(admin.get("/jobs?asked=clean-up"))


class TestAJob:
    def test_it_has_its_thirty_days_the_latest_first(self, site, admin):
        for days in (0, 1, 30, 31):
            did(site, "clean-up", Done({"sessions": days + 1}), ago=timedelta(days=days), days=days)
        text = text_of(admin.get("/jobs/clean-up"))

        assert "every day at 04:00" in text
        assert text.index("sign-ins that are over: 1") < text.index("sign-ins that are over: 2")
        assert "sign-ins that are over: 31" in text
        assert "sign-ins that are over: 32" not in text

    def test_all_lines_of_a_fault_are_there_to_read(self, site, admin):
        did(site, "prove-ledger", Done({"differences": 2}, "one <b>differs\nanother", DIFFERENCES))
        answer = admin.get("/jobs/prove-ledger")

        assert "<li>one &lt;b&gt;differs</li><li>another</li>" in answer.text

    @pytest.mark.parametrize(
        ("job", "when"),
        [("send-mail", "every minute, day and night"), ("watch-stock", "every 15 minutes from 7:00 to 19:00")],
    )
    def test_it_says_when_it_runs(self, admin, job, when):
        assert when in text_of(admin.get(f"/jobs/{job}"))
