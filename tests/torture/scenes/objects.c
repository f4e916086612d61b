/* A counter or an array by the victim's name. */
#include "scenes.h"

shoal_object *object;

int make_counter(void)
{
    return must(shoal_counter_open(&object, target, "victim", 6, COUNT), "counter");
}
int make_array(int64_t bytes)
{
    return must(shoal_array_open(&object, target, "victim", 6, (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes), "array");
}
int make_small_array(void)
{
    return make_array(500);
}
int make_big_array(void)
{
    return make_array(BIG);
}
int close_object(void)
{
    shoal_object_close(object);
    return 1;
}
int prepare_counter(void)
{
    return make_counter() && close_object();
}
int prepare_small_array(void)
{
    return make_small_array() && close_object();
}
int prepare_big_array(void)
{
    return make_big_array() && close_object();
}
int have_removed_big_array(void)
{
    return make_big_array() && remove_victim();
}
