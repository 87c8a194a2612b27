-- What a run of wrk has found, as one line of JSON for measure.py. Times are microseconds.
-- Only done() is defined: wrk then runs at full speed, without Lua on the path of a request.
done = function(summary, latency, requests)
	local errors = summary.errors
	io.write(string.format(
		'\nRESULT {"requests": %d, "seconds": %.6f, "p50": %d, "p99": %d, "max": %d, ' ..
		'"bad_status": %d, "broken": %d, "timeouts": %d}\n',
		summary.requests, summary.duration / 1e6,
		latency:percentile(50), latency:percentile(99), latency.max,
		errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
