/* order.c: the calls that order memory, one function each, for whoever reads the machine code. */
#include "tickring.h"

bool order_publish(tickring_producer *producer, tickring_words record);
bool order_poll(tickring_consumer *consumer, tickring_tick *tick);
void order_commit(tickring_producer *producer, uint64_t count);
uint64_t order_peek(tickring_consumer *consumer, uint64_t count);
void order_broadcast(tickring_writer *writer, tickring_words record);
bool order_observe(tickring_observer *observer, tickring_tick *tick);

bool order_publish(tickring_producer *producer, tickring_words record) {
  return tickring_publish(producer, record, 0);
}

bool order_poll(tickring_consumer *consumer, tickring_tick *tick) {
  return tickring_poll(consumer, tick);
}

void order_commit(tickring_producer *producer, uint64_t count) {
  tickring_commit(producer, count, 0);
}

uint64_t order_peek(tickring_consumer *consumer, uint64_t count) {
  return tickring_peek(consumer, count);
}

void order_broadcast(tickring_writer *writer, tickring_words record) {
  tickring_broadcast(writer, record, 0);
}

bool order_observe(tickring_observer *observer, tickring_tick *tick) {
  return tickring_observe(observer, tick);
}
