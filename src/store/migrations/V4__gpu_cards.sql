-- Which cards were meant by the indices in gpu_ids: a JSON array beside them, each {"uuid", "name"} or null; NULL: not known.
ALTER TABLE instances ADD COLUMN gpu_cards TEXT;
