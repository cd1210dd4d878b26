-- The heading a family stands under in the list; none is NULL.
ALTER TABLE instances ADD COLUMN list_group TEXT;
