#include "boost_queue.h"

#include <unistd.h>

#include <boost/interprocess/ipc/message_queue.hpp>
#include <memory>
#include <string>

using boost::interprocess::message_queue;

static const std::string name = "bench-messages-" + std::to_string(getpid());
static std::unique_ptr<message_queue> queue;
static size_t largest;

void boost_queue_begin(size_t messages, size_t size)
{
    message_queue::remove(name.c_str());
    queue = std::make_unique<message_queue>(boost::interprocess::create_only, name.c_str(), messages, size);
    largest = size;
}

void boost_queue_put(const void *bytes, size_t size)
{
    queue->send(bytes, size, 0);
}

void boost_queue_get(void *out)
{
    message_queue::size_type size;
    unsigned int priority;
    queue->receive(out, largest, size, priority);
}

void boost_queue_end()
{
    queue.reset();
    message_queue::remove(name.c_str());
}
