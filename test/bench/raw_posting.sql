WITH moved AS (
  SELECT $1::int AS debit, $2::int AS credit
), paid AS (
  UPDATE raw_balances SET posted = posted - 1 WHERE id = $1
), got AS (
  UPDATE raw_balances SET posted = posted + 1 WHERE id = $2
), made AS (
  INSERT INTO raw_transfers (amount) VALUES (1) RETURNING id
)
INSERT INTO raw_entries (transfer_id, account_id, amount)
SELECT made.id, moved.debit, -1 FROM made, moved UNION ALL SELECT made.id, moved.credit, 1 FROM made, moved
