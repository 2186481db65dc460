insert into items (title, area, done, created_at) values
  ('Agree on the release date', 'launch', true, '2026-01-05T09:00:00Z'),
  ('Draw the empty state of the inbox', 'design', true, '2026-01-05T09:05:00Z'),
  ('Keep drafts when the connection drops', 'build', true, '2026-01-05T09:10:00Z'),
  ('Check colour contrast in dark mode', 'design', false, '2026-01-05T09:15:00Z'),
  ('Import contacts from a CSV file', 'build', false, '2026-01-05T09:20:00Z'),
  ('Write the five-minute tutorial', 'docs', false, '2026-01-05T09:25:00Z'),
  ('Rehearse restoring a backup', 'launch', false, '2026-01-05T09:30:00Z');
