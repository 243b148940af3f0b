-- For wrk: posts the file that the environment's BODY names, and ends with one line of JSON.

local file = assert(io.open(assert(os.getenv("BODY"), "BODY names no file"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
file:close()

done = function(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests_per_second":%.2f,"p50_ms":%.4f,"p99_ms":%.4f,"failures":%d}\n',
        summary.requests / (summary.duration / 1e6),
        latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
