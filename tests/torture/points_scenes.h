/*
 * The scenes of points.c: each public operation, and who else takes part in it. Included by points.c.
 */
#ifndef SHOAL_TORTURE_POINTS_SCENES_H
#define SHOAL_TORTURE_POINTS_SCENES_H

/* ---- The scenes ---- */

#define S(name, ...)                                                                                                   \
    {                                                                                                                  \
#name, __VA_ARGS__                                                                                             \
    }

static const struct scene scenes[] = {
    /* values: the victim writes, the second writes over it */
    S(put_new, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_replace, .prepare = put_old, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_spare, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_span, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_run, .prepare = put_old, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_run_from_run, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big_from_big, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_small_from_big, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_65th, .prepare = fill_names, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big_into_full, .dead = die_with_all_memory, .act = put_new, .second = only_info, .state = state_of_value),
    S(remove, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_from_run, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_from_big, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_twice, .prepare = put_old, .act = remove_victim, .second = remove_victim, .state = state_of_name),
    S(remove_array, .prepare = prepare_big_array, .act = remove_victim, .second = remove_victim,
      .state = state_of_name),
    S(remove_open, .prepare = prepare_big_array, .partner = have_big_array, .partner_then = close_then,
      .act = remove_victim, .second = remove_victim, .state = state_of_name),
    S(remove_limbo, .dead = die_reading_what_is_removed, .act = remove_other, .second = remove_other),

    /* objects: made and opened by both */
    S(make_counter, .act = make_counter, .second = make_counter_again, .state = state_is_there),
    S(make_array, .act = make_small_array, .second = make_small_again, .state = state_is_there),
    S(make_array_big, .act = make_big_array, .second = make_big_again, .state = state_is_there),
    S(open_array, .prepare = prepare_small_array, .act = make_small_array, .second = make_small_again,
      .state = state_is_there),
    S(close_array, .prepare = prepare_small_array, .before = have_small_array, .act = close_object,
      .second = make_small_again, .state = state_is_there),
    S(close_last_big, .before = have_removed_big_array, .act = close_object, .second = make_big_again),

    /* counters and events */
    S(counter_add, .act = add_one, .second = add_hundred, .state = state_of_counter, .flags = ADDS),
    S(counter_add_awaited, .partner_then = wait_for_change, .act = add_one, .second = add_hundred,
      .state = state_of_counter, .flags = ADDS | WAITS),
    S(counter_wait, .partner_then = add_hundred_then, .act = act_wait_for_change, .second = act_wait_for_change),
    S(event_set, .partner_then = wait_for_event, .act = act_set, .second = act_set, .flags = WAITS),
    S(event_clear, .before = set_it, .act = act_clear, .second = act_set),
    S(event_wait, .partner_then = set_it, .act = act_wait_for_event, .second = act_wait_for_event),

    /* locks */
    S(lock_take, .act = act_lock, .after = after_lock, .second = take_and_give_lock),
    S(lock_wait, .partner = take_lock, .partner_then = give_lock, .act = act_lock, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_wait_long, .partner = take_lock, .partner_then = give_lock, .act = act_lock, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_release, .before = take_lock, .partner_then = wait_for_lock, .act = act_release,
      .second = take_and_give_lock, .flags = WAITS),
    S(lock_steal, .dead = take_lock, .act = act_lock, .after = after_lock, .second = take_and_give_lock),
    S(lock_steal_release, .dead = take_lock, .before = take_lock, .partner_then = wait_for_lock, .act = act_release,
      .second = take_and_give_lock, .flags = WAITS),
    S(lock_in_vain, .partner = take_lock, .partner_then = give_lock, .act = act_lock_in_vain,
      .second = take_and_give_lock, .flags = VAIN),
    S(lock_strict, .dead = take_lock, .act = act_lock_strict, .second = take_and_give_lock),
    S(lock_repair, .dead = take_lock, .before = take_lock, .act = act_repair, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_abandon, .before = have_everything, .partner_then = wait_for_lock, .act = act_abandon,
      .second = take_and_give_lock, .flags = WAITS),

    /* readers and writers */
    S(rwlock_read, .act = act_read, .after = after_rwlock, .second = read_and_write),
    S(rwlock_read_wait, .partner = take_to_write, .partner_then = stop_to_write, .act = act_read, .after = after_rwlock,
      .second = read_and_write),
    S(rwlock_read_unlock, .before = take_to_read, .partner_then = wait_to_write, .act = act_stop_reading,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_write, .act = act_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_wait, .partner = take_to_read, .partner_then = stop_reading, .act = act_write, .after = after_rwlock,
      .second = read_and_write),
    S(rwlock_write_write, .partner = take_to_write, .partner_then = stop_to_write, .act = act_write,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_grace, .partner = write_and_wait_to_read, .partner_then = stop_to_write_then_read, .act = act_write,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_unlock, .before = take_to_write, .partner_then = wait_to_read, .act = act_stop_writing,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_write_unlock_to_writer, .before = take_to_write, .partner_then = wait_to_write, .act = act_stop_writing,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_downgrade, .before = take_to_write, .partner_then = wait_to_read, .act = act_downgrade,
      .after = after_rwlock, .second = read_and_write, .flags = WAITS),
    S(rwlock_read_steal, .dead = take_to_write, .act = act_read, .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_steal, .dead = take_to_write, .act = act_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_dead_reader, .dead = take_to_read, .act = act_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_dead_in_wait, .dead = write_and_wait_to_read, .act = act_write, .after = after_rwlock,
      .second = read_and_write),
    S(rwlock_read_in_vain, .partner = take_to_write, .partner_then = stop_to_write, .act = act_read_in_vain,
      .second = read_and_write, .flags = VAIN),
    S(rwlock_write_in_vain, .partner = take_to_read, .partner_then = stop_reading, .act = act_write_in_vain,
      .second = read_and_write, .flags = VAIN),

    /* permits and signals */
    S(semaphore_take, .act = act_permit, .after = after_permit, .second = take_and_give_permit),
    S(semaphore_wait, .partner = take_permits, .partner_then = give_permits, .act = act_permit, .after = after_permit,
      .second = take_and_give_permit),
    S(semaphore_give, .before = take_permits, .partner_then = wait_for_permit, .act = act_give_permits,
      .after = after_permit, .second = take_and_give_permit, .flags = WAITS),
    S(semaphore_give_to_the_dead, .dead = die_waiting_for_permit, .before = take_permit, .act = act_give_permit,
      .after = after_permit, .second = take_and_give_permit),
    S(semaphore_steal, .dead = take_permits, .act = act_permit, .after = after_permit, .second = take_and_give_permit),
    S(semaphore_in_vain, .partner = take_permits, .partner_then = give_permits, .act = act_permit_in_vain,
      .second = take_and_give_permit, .flags = VAIN),
    S(signal_raise, .partner_then = wait_for_signal, .act = act_raise, .second = act_raise, .flags = WAITS),
    S(signal_lower, .before = raise_it, .act = act_lower, .second = act_raise),
    S(signal_wait, .partner_then = raise_it, .act = act_lower, .second = act_raise),

    /* conditions */
    S(condition_wait, .partner_then = take_lock_and_notify, .act = act_wait_notified, .second = take_and_give_lock),
    S(condition_notify, .before = take_lock, .act = act_notify, .partner = begin_to_wait,
      .partner_then = be_notified_then, .after = after_lock, .second = notify_all_others, .flags = WAITS),
    S(condition_notify_dead, .dead = begin_to_wait, .partner = begin_to_wait, .before = take_lock, .act = act_notify,
      .partner_then = be_notified_then, .after = after_lock, .second = notify_all_others, .flags = WAITS),
    S(condition_in_vain, .act = act_wait_in_vain, .second = take_and_give_lock),
    S(condition_take_over, .dead = begin_to_wait, .before = begin_and_notify_the_dead, .act = act_end,
      .second = notify_nobody),
    S(condition_two_came, .dead = begin_to_wait, .before = take_over_and_be_notified, .act = act_end_taken,
      .second = notify_nobody),
    S(condition_two_came_later, .dead = begin_to_wait, .before = take_over_and_be_notified_later, .act = act_end_taken,
      .second = notify_nobody),
    S(condition_end, .before = begin_and_be_notified, .act = act_end, .second = notify_nobody),
    S(condition_end_of_two, .before = begin_to_wait, .partner_then = wait_notified, .act = act_notified_end,
      .second = notify_the_partner, .flags = WAITS),
    S(condition_cancel, .before = begin_to_wait, .act = act_cancel, .second = notify_nobody),
    S(condition_pass_on, .before = begin_to_wait, .partner_then = wait_notified, .act = act_pass_on,
      .second = take_and_give_lock, .flags = WAITS),
    S(condition_full, .prepare = only_two_cells, .dead = die_waiting_twice, .partner_then = take_lock_and_notify,
      .act = act_wait_notified, .second = take_and_give_lock),

    /* barriers */
    S(barrier_pass, .partner_then = wait_to_meet, .act = act_meet, .second = act_reset, .flags = WAITS | MEET),
    S(barrier_wait, .partner_then = wait_to_meet, .act = act_meet, .second = act_reset, .flags = MEET),
    S(barrier_in_vain, .act = act_meet_in_vain, .second = act_reset),
    S(barrier_dead_party, .dead = begin_to_meet, .act = act_meet_the_dead, .second = act_reset),
    S(barrier_abort, .partner_then = wait_to_meet, .act = act_abort, .second = act_abort, .flags = WAITS),
    S(barrier_reset, .partner_then = wait_to_be_reset, .act = act_reset, .second = take_and_give_lock, .flags = WAITS),
    S(barrier_half_reset, .dead = die_resetting, .dead_at = "barrier: all told of the reset", .dead_hit = 1,
      .act = act_reset, .second = act_reset),
    S(barrier_told_and_dead, .dead = die_resetting, .act = act_meet_in_vain, .second = act_reset),
    S(barrier_close, .before = begin_to_meet_and_cancel, .act = act_close_barrier, .second = act_reset),

    /* recovery: who died left the structure half-changed, or had something in its hands */
    S(recover_undo, .dead = put_old, .dead_at = "journal: word changed", .dead_hit = 5, .act = attach_and_put,
      .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(recover_redo, .dead = put_old, .dead_at = "journal: committed", .dead_hit = 1, .act = attach_and_put,
      .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(recover_table, .prepare = fill_names, .dead = put_old, .dead_at = "table: entry threaded", .dead_hit = 30,
      .act = attach_and_put, .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(reap_pins, .dead = die_with_arrays, .act = take_info, .second = take_info),
    S(reap_run, .dead = die_putting_big, .dead_at = "big: backed", .dead_hit = 1, .act = take_info,
      .second = take_info),
    S(reap_old_run, .dead = die_replacing_big, .dead_at = "big: old one in our hands", .dead_hit = 1, .act = take_info,
      .second = take_info),

    /* segments */
    S(attach, .act = act_attach, .second = put_third, .flags = DETACHED),
    S(attach_reaping, .dead = die_with_arrays, .act = act_attach, .second = take_info, .flags = DETACHED),
    S(attach_33rd, .partner = have_many_peers, .act = act_attach, .second = attach_again, .flags = DETACHED),
    S(attach_come_round, .dead = die_with_everything, .partner = let_numbers_come_round, .act = act_attach_as_another,
      .second = take_info, .flags = DETACHED),
    S(detach, .act = act_detach, .second = take_info),
    S(detach_shared, .act = act_detach, .second = open_or_create_and_put, .flags = SHARED),
    S(create, .act = act_create, .second = open_or_create_and_put, .flags = NO_SEGMENT),
    S(join_what_is_over, .dead = die_last, .act = act_create, .second = open_or_create_and_put,
      .flags = NO_SEGMENT | SHARED),
    S(create_named, .before = without_tmpfile, .act = act_create, .second = open_or_create_and_put,
      .flags = NO_SEGMENT),
    S(fork, .prepare = prepare_small_array, .before = have_small_array, .act = fork_and_remove, .second = take_info),

    /* readers */
    S(get_replaced, .prepare = put_old_thrice, .act = get_value, .second = replace_value, .flags = READONLY),
    S(get_removed, .prepare = put_old_thrice, .act = get_value, .second = remove_and_reuse, .flags = READONLY),
    S(get_grown, .prepare = put_old_thrice, .act = get_value, .second = grow_table, .flags = READONLY),
    S(get_run_replaced, .prepare = put_old_thrice, .act = get_value, .second = replace_value, .flags = READONLY),
    S(get_run_removed, .prepare = put_old_thrice, .act = get_value, .second = remove_and_reuse, .flags = READONLY),
    S(get_run_grown, .prepare = put_old_thrice, .act = get_value, .second = grow_table, .flags = READONLY),
    S(get_big_replaced, .prepare = put_old_thrice, .act = get_value, .second = replace_value, .flags = READONLY),
    S(get_big_removed, .prepare = put_old_thrice, .act = get_value, .second = remove_and_reuse, .flags = READONLY),
    S(get_big_grown, .prepare = put_old_thrice, .act = get_value, .second = grow_table, .flags = READONLY),
    S(find_removed, .prepare = put_old, .act = find_value, .second = remove_and_reuse, .flags = READONLY),
    S(find_grown, .prepare = put_old, .act = find_value, .second = grow_table, .flags = READONLY),
    S(names_removed, .prepare = put_old, .act = get_names, .second = remove_and_reuse, .flags = READONLY),
    S(names_grown, .prepare = put_old, .act = get_names, .second = grow_table, .flags = READONLY),
    S(open_to_read, .prepare = prepare_small_array, .act = open_array_to_read, .after = look_at_array,
      .second = change_array, .flags = READONLY),
    S(open_big_to_read, .prepare = prepare_big_array, .act = open_array_to_read, .after = look_at_array,
      .second = change_array, .flags = READONLY),
    S(check_readonly, .prepare = put_old, .act = check_readonly, .second = change_value, .flags = READONLY),
};

enum { SCENES = sizeof scenes / sizeof *scenes };

#endif
