-- Step 3 of 3, see ../README.md. Removes the old tables, and with them the rule that an e-mail may exist only once.
-- Refuses when a row of theirs is missing from the new ones. Cannot be undone: make a backup first.

begin;
set local lock_timeout = '10s';
lock table account, account_event in access exclusive mode;

do $$
declare
  missing bigint;
begin
  analyze account, account_event, account_moved, staff, event_staff, attendee;
  select count(*) into missing from account_not_moved;
  if missing > 0 then
    raise exception '% rows of the old tables are missing from the new ones: nothing was removed', missing
      using hint = 'List them: select * from account_not_moved; settle account_problem, run 2_backfill.sql again.';
  end if;
end
$$;

drop trigger account_erased on staff;
drop trigger account_erased on attendee;
drop trigger account_erased on event_staff;
drop view account_problem, account_not_moved, account_wanted;
-- Without `cascade`: where a table of the old system still refers to an account, PostgreSQL names it and nothing is
-- removed. account_without_event stays.
drop table password_reset, account_event, account, account_moved;
drop function account_move, account_let_go, account_keep_without_event, account_written, account_event_begun,
  account_event_written, account_erased, account_role;
commit;
