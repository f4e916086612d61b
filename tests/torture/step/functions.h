/*
 * Every function of the public C API, and what step does with it. A test compares the list with the headers, and that
 * each was really met: STEPS, entered by a victim under the trap flag; READS, called on the images as they are.
 */
#ifndef SHOAL_TORTURE_STEP_FUNCTIONS_H
#define SHOAL_TORTURE_STEP_FUNCTIONS_H

#include <stdint.h>

/* STEPS: may store into the segment, or change its file. READS: looks at it. LOCAL: does neither. */
#define FUNCTION_LIST(X)                                                                                               \
    X(LOCAL, shoal_status_name)                                                                                        \
    X(LOCAL, shoal_status_exception)                                                                                   \
    X(LOCAL, shoal_status_message)                                                                                     \
    X(LOCAL, shoal_error_message)                                                                                      \
    X(LOCAL, shoal_now)                                                                                                \
    X(LOCAL, shoal_thread_number)                                                                                      \
    X(LOCAL, shoal_deadline)                                                                                           \
    X(LOCAL, shoal_context_new)                                                                                        \
    X(STEPS, shoal_context_free)                                                                                       \
    X(LOCAL, shoal_context_set_directory)                                                                              \
    X(LOCAL, shoal_context_directory)                                                                                  \
    X(STEPS, shoal_context_abandon_locks)                                                                              \
    X(LOCAL, shoal_context_set_slice)                                                                                  \
    X(LOCAL, shoal_context_set_language)                                                                               \
    X(LOCAL, shoal_options_init)                                                                                       \
    X(LOCAL, shoal_parse_size)                                                                                         \
    X(STEPS, shoal_create)                                                                                             \
    X(STEPS, shoal_open)                                                                                               \
    X(STEPS, shoal_open_fd)                                                                                            \
    X(STEPS, shoal_open_or_create)                                                                                     \
    X(STEPS, shoal_close)                                                                                              \
    X(STEPS, shoal_unlink)                                                                                             \
    X(STEPS, shoal_segment_unlink)                                                                                     \
    X(STEPS, shoal_segment_end)                                                                                        \
    X(STEPS, shoal_segment_backup)                                                                                     \
    X(STEPS, shoal_segment_unlink_path)                                                                                \
    X(LOCAL, shoal_resolve)                                                                                            \
    X(LOCAL, shoal_plain_name)                                                                                         \
    X(READS, shoal_segment_name)                                                                                       \
    X(READS, shoal_segment_path)                                                                                       \
    X(READS, shoal_segment_id)                                                                                         \
    X(READS, shoal_segment_size)                                                                                       \
    X(READS, shoal_segment_used)                                                                                       \
    X(READS, shoal_segment_readonly)                                                                                   \
    X(LOCAL, shoal_segment_identity)                                                                                   \
    X(LOCAL, shoal_identity_hash)                                                                                      \
    X(READS, shoal_segment_fd)                                                                                         \
    X(READS, shoal_list)                                                                                               \
    X(LOCAL, shoal_list_free)                                                                                          \
    X(STEPS, shoal_segment_describe)                                                                                   \
    X(STEPS, shoal_segment_info)                                                                                       \
    X(READS, shoal_segment_peers)                                                                                      \
    X(STEPS, shoal_check)                                                                                              \
    X(STEPS, shoal_check_findings)                                                                                     \
    X(LOCAL, shoal_kind_name)                                                                                          \
    X(LOCAL, shoal_kind_phrase)                                                                                        \
    X(READS, shoal_object_find)                                                                                        \
    X(LOCAL, shoal_channel_options_init)                                                                               \
    X(LOCAL, shoal_loan_is_ours)                                                                                       \
    X(STEPS, shoal_channel_open)                                                                                       \
    X(READS, shoal_channel_facts_of)                                                                                   \
    X(READS, shoal_channel_newest)                                                                                     \
    X(READS, shoal_channel_dropped)                                                                                    \
    X(STEPS, shoal_channel_begin)                                                                                      \
    X(STEPS, shoal_frame_publish)                                                                                      \
    X(STEPS, shoal_frame_drop)                                                                                         \
    X(STEPS, shoal_channel_pin)                                                                                        \
    X(LOCAL, shoal_frame_retain)                                                                                       \
    X(STEPS, shoal_frame_close)                                                                                        \
    X(LOCAL, shoal_frame_data)                                                                                         \
    X(LOCAL, shoal_frame_size)                                                                                         \
    X(LOCAL, shoal_frame_number)                                                                                       \
    X(LOCAL, shoal_frame_time)                                                                                         \
    X(LOCAL, shoal_frame_usable)                                                                                       \
    X(LOCAL, shoal_frame_lost)                                                                                         \
    X(STEPS, shoal_slot_begin)                                                                                         \
    X(STEPS, shoal_slot_publish)                                                                                       \
    X(STEPS, shoal_slot_drop)                                                                                          \
    X(STEPS, shoal_slot_pin)                                                                                           \
    X(STEPS, shoal_slot_unpin)                                                                                         \
    X(READS, shoal_channel_copy)                                                                                       \
    X(STEPS, shoal_channel_wait)                                                                                       \
    X(STEPS, shoal_object_open)                                                                                        \
    X(STEPS, shoal_object_open_kind)                                                                                   \
    X(STEPS, shoal_object_read)                                                                                        \
    X(STEPS, shoal_object_remove)                                                                                      \
    X(READS, shoal_object_count)                                                                                       \
    X(READS, shoal_object_each)                                                                                        \
    X(READS, shoal_object_names)                                                                                       \
    X(LOCAL, shoal_object_retain)                                                                                      \
    X(STEPS, shoal_object_close)                                                                                       \
    X(LOCAL, shoal_object_kind)                                                                                        \
    X(LOCAL, shoal_object_name)                                                                                        \
    X(LOCAL, shoal_object_readonly)                                                                                    \
    X(LOCAL, shoal_object_identity)                                                                                    \
    X(LOCAL, shoal_value_limit)                                                                                        \
    X(READS, shoal_object_usable)                                                                                      \
    X(READS, shoal_object_describe)                                                                                    \
    X(READS, shoal_value_get)                                                                                          \
    X(READS, shoal_value_get_split)                                                                                    \
    X(READS, shoal_value_get_string)                                                                                   \
    X(STEPS, shoal_value_put)                                                                                          \
    X(STEPS, shoal_value_put_string)                                                                                   \
    X(LOCAL, shoal_writer_init)                                                                                        \
    X(LOCAL, shoal_string_head)                                                                                        \
    X(LOCAL, shoal_writer_admits)                                                                                      \
    X(LOCAL, shoal_writer_free)                                                                                        \
    X(LOCAL, shoal_write_nil)                                                                                          \
    X(LOCAL, shoal_write_bool)                                                                                         \
    X(LOCAL, shoal_write_int)                                                                                          \
    X(LOCAL, shoal_write_uint)                                                                                         \
    X(LOCAL, shoal_write_float)                                                                                        \
    X(LOCAL, shoal_write_str)                                                                                          \
    X(LOCAL, shoal_write_bin)                                                                                          \
    X(LOCAL, shoal_write_array)                                                                                        \
    X(LOCAL, shoal_write_map)                                                                                          \
    X(LOCAL, shoal_write_time)                                                                                         \
    X(LOCAL, shoal_value_decode)                                                                                       \
    X(LOCAL, shoal_is_ascii)                                                                                           \
    X(LOCAL, shoal_is_utf8)                                                                                            \
    X(LOCAL, shoal_dtype_parse)                                                                                        \
    X(LOCAL, shoal_dtype_name)                                                                                         \
    X(LOCAL, shoal_dtype_format)                                                                                       \
    X(LOCAL, shoal_view_init)                                                                                          \
    X(LOCAL, shoal_view_size)                                                                                          \
    X(LOCAL, shoal_view_contiguous)                                                                                    \
    X(LOCAL, shoal_view_index)                                                                                         \
    X(LOCAL, shoal_view_slice)                                                                                         \
    X(LOCAL, shoal_view_at)                                                                                            \
    X(LOCAL, shoal_scalar_load)                                                                                        \
    X(STEPS, shoal_scalar_store)                                                                                       \
    X(STEPS, shoal_view_fill)                                                                                          \
    X(STEPS, shoal_view_assign)                                                                                        \
    X(LOCAL, shoal_view_equal)                                                                                         \
    X(READS, shoal_view_pack)                                                                                          \
    X(STEPS, shoal_view_unpack)                                                                                        \
    X(READS, shoal_view_sum)                                                                                           \
    X(READS, shoal_view_min)                                                                                           \
    X(READS, shoal_view_max)                                                                                           \
    X(READS, shoal_view_mean)                                                                                          \
    X(READS, shoal_write_ndarray)                                                                                      \
    X(STEPS, shoal_array_open)                                                                                         \
    X(READS, shoal_array_view)                                                                                         \
    X(STEPS, shoal_array_assign)                                                                                       \
    X(LOCAL, shoal_array_meet)                                                                                         \
    X(STEPS, shoal_counter_open)                                                                                       \
    X(READS, shoal_counter_value)                                                                                      \
    X(STEPS, shoal_counter_add)                                                                                        \
    X(STEPS, shoal_counter_sub)                                                                                        \
    X(STEPS, shoal_counter_exchange)                                                                                   \
    X(STEPS, shoal_counter_compare_exchange)                                                                           \
    X(STEPS, shoal_counter_wait)                                                                                       \
    X(STEPS, shoal_lock_open)                                                                                          \
    X(STEPS, shoal_lock_acquire)                                                                                       \
    X(STEPS, shoal_lock_release)                                                                                       \
    X(STEPS, shoal_lock_repair)                                                                                        \
    X(READS, shoal_lock_is_locked)                                                                                     \
    X(READS, shoal_lock_recovered)                                                                                     \
    X(READS, shoal_lock_is_mine)                                                                                       \
    X(READS, shoal_lock_is_this_threads)                                                                               \
    X(READS, shoal_lock_flags)                                                                                         \
    X(READS, shoal_lock_owner)                                                                                         \
    X(STEPS, shoal_rwlock_open)                                                                                        \
    X(STEPS, shoal_rwlock_read)                                                                                        \
    X(STEPS, shoal_rwlock_write)                                                                                       \
    X(STEPS, shoal_rwlock_read_unlock)                                                                                 \
    X(STEPS, shoal_rwlock_write_unlock)                                                                                \
    X(STEPS, shoal_rwlock_unlock)                                                                                      \
    X(STEPS, shoal_rwlock_downgrade)                                                                                   \
    X(READS, shoal_rwlock_is_writing)                                                                                  \
    X(READS, shoal_rwlock_is_reading)                                                                                  \
    X(READS, shoal_rwlock_recovered)                                                                                   \
    X(STEPS, shoal_semaphore_open)                                                                                     \
    X(STEPS, shoal_semaphore_acquire)                                                                                  \
    X(STEPS, shoal_semaphore_release)                                                                                  \
    X(READS, shoal_semaphore_value)                                                                                    \
    X(READS, shoal_semaphore_initial)                                                                                  \
    X(READS, shoal_semaphore_flags)                                                                                    \
    X(READS, shoal_semaphore_held)                                                                                     \
    X(STEPS, shoal_event_open)                                                                                         \
    X(STEPS, shoal_event_set)                                                                                          \
    X(STEPS, shoal_event_clear)                                                                                        \
    X(READS, shoal_event_is_set)                                                                                       \
    X(STEPS, shoal_event_wait)                                                                                         \
    X(STEPS, shoal_wait_begin)                                                                                         \
    X(STEPS, shoal_wait_until)                                                                                         \
    X(STEPS, shoal_wait_try)                                                                                           \
    X(STEPS, shoal_wait_cancel)                                                                                        \
    X(READS, shoal_wait_is_ready)                                                                                      \
    X(READS, shoal_wait_any)                                                                                           \
    X(LOCAL, shoal_wait_ring)                                                                                          \
    X(STEPS, shoal_condition_open)                                                                                     \
    X(READS, shoal_condition_lock_name)                                                                                \
    X(READS, shoal_condition_lock)                                                                                     \
    X(STEPS, shoal_condition_wait)                                                                                     \
    X(STEPS, shoal_condition_begin)                                                                                    \
    X(STEPS, shoal_condition_end)                                                                                      \
    X(STEPS, shoal_condition_notify)                                                                                   \
    X(STEPS, shoal_barrier_open)                                                                                       \
    X(STEPS, shoal_locks_open)                                                                                         \
    X(READS, shoal_locks_flags)                                                                                        \
    X(STEPS, shoal_locks_acquire)                                                                                      \
    X(STEPS, shoal_locks_release)                                                                                      \
    X(STEPS, shoal_locks_repair)                                                                                       \
    X(STEPS, shoal_locks_look)                                                                                         \
    X(STEPS, shoal_locks_count)                                                                                        \
    X(STEPS, shoal_locks_each)                                                                                         \
    X(LOCAL, shoal_job_queue_options_init)                                                                             \
    X(STEPS, shoal_job_queue_open)                                                                                     \
    X(READS, shoal_job_queue_read_options)                                                                             \
    X(STEPS, shoal_job_queue_put)                                                                                      \
    X(STEPS, shoal_job_queue_take)                                                                                     \
    X(STEPS, shoal_job_done)                                                                                           \
    X(STEPS, shoal_job_retry)                                                                                          \
    X(STEPS, shoal_job_bury)                                                                                           \
    X(STEPS, shoal_job_is_mine)                                                                                        \
    X(STEPS, shoal_job_queue_sizes)                                                                                    \
    X(STEPS, shoal_job_queue_peek)                                                                                     \
    X(LOCAL, shoal_job_copy_free)                                                                                      \
    X(STEPS, shoal_job_queue_each)                                                                                     \
    X(STEPS, shoal_job_queue_revive)                                                                                   \
    X(STEPS, shoal_job_queue_drop)                                                                                     \
    X(STEPS, shoal_job_queue_purge)                                                                                    \
    X(STEPS, shoal_job_queue_join)                                                                                     \
    X(STEPS, shoal_job_queue_shutdown)                                                                                 \
    X(READS, shoal_job_queue_is_shut)                                                                                  \
    X(STEPS, shoal_barrier_wait)                                                                                       \
    X(STEPS, shoal_barrier_pass)                                                                                       \
    X(STEPS, shoal_barrier_abort)                                                                                      \
    X(STEPS, shoal_barrier_reset)                                                                                      \
    X(READS, shoal_barrier_broken)                                                                                     \
    X(READS, shoal_barrier_parties)                                                                                    \
    X(READS, shoal_barrier_waiting)                                                                                    \
    X(STEPS, shoal_queue_open)                                                                                         \
    X(READS, shoal_queue_capacity)                                                                                     \
    X(READS, shoal_queue_size)                                                                                         \
    X(READS, shoal_queue_used)                                                                                         \
    X(STEPS, shoal_queue_put)                                                                                          \
    X(STEPS, shoal_queue_put_string)                                                                                   \
    X(STEPS, shoal_queue_put_array)                                                                                    \
    X(STEPS, shoal_queue_put_many)                                                                                     \
    X(STEPS, shoal_taken_end)                                                                                          \
    X(LOCAL, shoal_taken_is_ours)                                                                                      \
    X(STEPS, shoal_queue_get)                                                                                          \
    X(STEPS, shoal_queue_get_many)                                                                                     \
    X(STEPS, shoal_queue_loan)                                                                                         \
    X(STEPS, shoal_queue_loan_array)                                                                                   \
    X(STEPS, shoal_queue_put_loan)                                                                                     \
    X(STEPS, shoal_loan_end)                                                                                           \
    X(STEPS, shoal_queue_shut)                                                                                         \
    X(READS, shoal_queue_is_shut)                                                                                      \
    X(STEPS, shoal_stream_open)                                                                                        \
    X(READS, shoal_stream_capacity)                                                                                    \
    X(READS, shoal_stream_limit)                                                                                       \
    X(STEPS, shoal_stream_send)                                                                                        \
    X(READS, shoal_stream_numbers)                                                                                     \
    X(READS, shoal_stream_reader)                                                                                      \
    X(STEPS, shoal_stream_read)                                                                                        \
    X(READS, shoal_object_holders)                                                                                     \
    X(READS, shoal_object_waiters)                                                                                     \
    X(STEPS, shoal_segment_each_lock)                                                                                  \
    X(STEPS, shoal_segment_locks)

enum function {
#define FUNCTION_NUMBER(class, name) F_##name,
    FUNCTION_LIST(FUNCTION_NUMBER)
#undef FUNCTION_NUMBER
        FUNCTIONS
};
enum function_class { LOCAL, STEPS, READS };

extern const struct listed_function {
    const char *name;
    enum function_class class;
} functions[FUNCTIONS];
extern uint32_t called[FUNCTIONS]; /* by who judges, on images as they are */
#define READING(name) (called[F_##name]++, name)
void function_called(const char *name); /* the same; the name is a constant */

void functions_prepare(void);
/* Asked after each instruction. */
void function_entered(uint32_t *entered, uintptr_t at);

#endif
