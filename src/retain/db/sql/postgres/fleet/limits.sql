-- name: reserve_request
-- Reserve the place of a request; how many seconds to wait for it.
UPDATE model_limit SET
    requests_at = greatest(requests_at, clock.now - :burst_s) + coalesce(60 / (:share * requests), 0),
    tokens_at = greatest(tokens_at, clock.now - :burst_s) + coalesce(60 * :tokens / (:share * tokens), 0)
FROM (SELECT extract(epoch FROM clock_timestamp())::double precision AS now) AS clock
WHERE model = :model
RETURNING greatest(
    0,
    requests_at - coalesce(60 / (:share * requests), 0) - clock.now,
    tokens_at - coalesce(60 * :tokens / (:share * tokens), 0) - clock.now
)

-- name: correct_tokens
-- A request took another number of tokens than was reserved.
UPDATE model_limit SET tokens_at = tokens_at + 60 * :tokens / (:share * tokens)
WHERE model = :model AND tokens IS NOT NULL

-- name: spend
-- Book what a call of a bank may cost; how each limit stands.
UPDATE spend_limit SET cost = cost + :cost WHERE bank_id IN ('', :bank_id)
RETURNING bank_id, cost, max_cost

-- name: limit_model
INSERT INTO model_limit (model, requests, tokens) VALUES (:model, :requests, :tokens)
ON CONFLICT (model) DO UPDATE SET requests = excluded.requests, tokens = excluded.tokens

-- name: unlimit_model
DELETE FROM model_limit WHERE model = :model

-- name: limit_spending
INSERT INTO spend_limit (bank_id, max_cost) VALUES (:bank_id, :max_cost)
ON CONFLICT (bank_id) DO UPDATE SET max_cost = excluded.max_cost

-- name: unlimit_spending
DELETE FROM spend_limit WHERE bank_id = :bank_id

-- name: model_limits
SELECT model, requests, tokens FROM model_limit ORDER BY model

-- name: spend_limits
SELECT bank_id, max_cost, cost FROM spend_limit ORDER BY bank_id

-- name: limits_exist
SELECT to_regclass('spend_limit') IS NOT NULL

-- name: any_limit
SELECT EXISTS (SELECT 1 FROM model_limit) OR EXISTS (SELECT 1 FROM spend_limit)
