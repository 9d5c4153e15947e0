-- Step 2 of 3, see ../README.md. Copies what was there before step 1: one row per person and event, with the same
-- password hash. Copies only what is missing or was changed by the old code since, so it may be run again at any time
-- before step 3. Commits after every hundred accounts: the old code's writes wait for moments only.

do $$
declare
  problems bigint;
  moving uuid;
  moves bigint := 0;
begin
  -- Without the figures of full tables, PostgreSQL compares every row with every other; those of empty tables would
  -- make it read them whole for each account.
  analyze account, account_event;
  select count(*) into problems from account_problem;
  if problems > 0 then
    raise exception '% problems stand in the way: nothing was copied', problems
      using hint = 'List them: select * from account_problem order by event_id, problem, lower(detail);';
  end if;
  for moving in select distinct account_id from account_not_moved order by account_id loop
    perform account_move(moving);
    moves := moves + 1;
    if moves % 100 = 0 then
      commit;
    end if;
  end loop;
  commit;
  analyze account, account_event, account_moved, staff, event_staff, attendee;
  if exists (select from account_not_moved) then
    raise exception 'not every account could be copied'
      using hint = 'List them: select * from account_not_moved; the reasons: select * from account_problem;';
  end if;
end
$$;
