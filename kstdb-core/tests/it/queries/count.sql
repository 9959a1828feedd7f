SELECT count(*) FROM customers WHERE id IN (..ids)
