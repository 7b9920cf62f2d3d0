import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem, retryAfterSeconds } from "../../../src/Api/wwwroot/js/problem.js";
import { MOST_TRIES, secondsToWait } from "../../../src/Api/wwwroot/js/wait.js";

test("a problem is read as the server wrote it", () => {
  const problem = Problem.read(
    JSON.stringify({
      title: "A field has a wrong value.",
      status: 422,
      detail: "steps: must be a number",
      code: "invalid_parameter",
      errors: { steps: ["must be a number"] },
      traceId: "abc",
    }),
    422,
  );
  assert.equal(problem.message, "steps: must be a number");
  assert.deepEqual(problem.errors, { steps: ["must be a number"] });
  assert.equal(problem.traceId, "abc");
  assert.equal(problem.isBusy, false);
});

test("a proxy's page in HTML is a problem with its status", () => {
  const problem = Problem.read("<html>502 Bad Gateway</html>", 502);
  assert.equal(problem.message, "The server answered with 502.");
  assert.deepEqual(problem.errors, {});
});

test("JSON of another shape does no harm", () => {
  for (const text of ["null", "[]", "3", '{"errors":[1],"title":5}', '{"errors":{"a":"b"}}']) {
    assert.ok(Problem.read(text, 500) instanceof Problem);
  }
  assert.deepEqual(Problem.read('{"errors":{"a":"b"}}', 422).errors, { a: ["b"] });
});

test("Retry-After is seconds or a date", () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(retryAfterSeconds("12", now), 12);
  assert.equal(retryAfterSeconds("Thu, 01 Jan 2026 00:00:09 GMT", now), 9);
  assert.equal(retryAfterSeconds("Wed, 31 Dec 2025 00:00:00 GMT", now), 0);
  assert.equal(retryAfterSeconds("soon", now), null);
  assert.equal(retryAfterSeconds(null, now), null);
});

test("retry_after_ms is taken where the header is missing", () => {
  assert.equal(Problem.read('{"retry_after_ms":1500}', 429).retrySeconds, 2);
  assert.equal(Problem.read('{"retry_after_ms":1500}', 429, "7").retrySeconds, 7);
});

test("a busy server is asked again after the time that it names", () => {
  assert.equal(secondsToWait(Problem.read("{}", 429, "8"), 1), 8);
  assert.equal(secondsToWait(Problem.read("{}", 503, "0"), 1), 1);
  assert.equal(secondsToWait(Problem.read("{}", 503), 1), 5);
});

test("nothing else is asked again, and not for ever", () => {
  assert.equal(secondsToWait(Problem.read("{}", 422), 1), null);
  assert.equal(secondsToWait(Problem.unreachable(), 1), null);
  assert.equal(secondsToWait(new Error("bug"), 1), null);
  assert.equal(secondsToWait(Problem.read("{}", 429, "8"), MOST_TRIES), null);
});
