/* tickring_record.h: what travels in the rings.
 *
 * One layout everywhere: ring, recorded file, ClickHouse RowBinary row
 * (UInt64, UInt32, Float64, UInt32), numpy dtype, C, C++, Swift, Python. Little-endian.
 */
#ifndef TICKRING_RECORD_H
#define TICKRING_RECORD_H

#include "tickring_order.h"

/* One tick, 24 bytes, packed. Move it as three words (see tickring_words_of): filling it field by
 * field and copying it as words stalls the core's store forwarding. */
typedef struct __attribute__((packed)) MarketDataRecord {
  uint64_t timestamp; /* exchange time of the event, ns since the Unix epoch, UTC */
  uint32_t symbol_id; /* series: instrument number << 4 | kind (enum tickring_kind) */
  double price;       /* quote currency; 0 with quantity 0: an empty side */
  uint32_t quantity;  /* shares, saturating; for a status tick its code */
} MarketDataRecord;

TICKRING_STATIC_ASSERT(sizeof(MarketDataRecord) == 24, "the record is 24 bytes everywhere");
TICKRING_STATIC_ASSERT(offsetof(MarketDataRecord, symbol_id) == 8, "symbol_id @8");
TICKRING_STATIC_ASSERT(offsetof(MarketDataRecord, price) == 12, "price @12");
TICKRING_STATIC_ASSERT(offsetof(MarketDataRecord, quantity) == 20, "quantity @20");

/* The kind: the low four bits of symbol_id. Instrument 0 is the whole feed. */
enum tickring_kind {
  TICKRING_TRADE = 0,
  TICKRING_TRADE_NO_LAST = 1, /* odd lot, extended hours, non-printable: sets no last price */
  TICKRING_TRADE_BREAK = 2,
  TICKRING_AUCTION = 3,
  TICKRING_BID = 4, /* a quote is always a bid and then an ask, committed together */
  TICKRING_ASK = 5,
  TICKRING_STATUS = 6
};

/* The code of a status tick, in its quantity. */
enum tickring_status {
  TICKRING_STATUS_TRADING = 1,         /* the instrument trades (again) */
  TICKRING_STATUS_HALTED = 2,          /* halted across all markets */
  TICKRING_STATUS_PAUSED = 3,          /* volatility pause; order acceptance only */
  TICKRING_STATUS_ORDER_ACCEPTANCE = 4,
  TICKRING_STATUS_VENUE_HALTED = 5,    /* halted on this venue alone */
  TICKRING_STATUS_VENUE_TRADING = 6,   /* no longer halted on this venue */
  TICKRING_STATUS_GAP = 16,            /* messages, or ticks of this ring, were lost: books may
                                        * be wrong */
  TICKRING_STATUS_RESTART = 17,        /* the venue's sequence began anew: books are empty */
  TICKRING_STATUS_STALE = 18,          /* no line is live, or nobody knows how old prices are,
                                        * since this machine's clock was set */
  TICKRING_STATUS_DEGRADED = 19,       /* one of the lines is silent, or does not keep up */
  TICKRING_STATUS_RECOVERED = 20,      /* the feed is whole again; ticks that were asked for again
                                        * follow, and may be older than the age limit */
  TICKRING_STATUS_INVALID_QUOTE = 21   /* its quote is refused: an empty one follows */
};

/* A record as three words in registers: timestamp; symbol_id and the low half of the price; the
 * high half of the price and quantity. */
typedef struct tickring_words {
  uint64_t word[3];
} tickring_words;

static inline tickring_words tickring_words_of(uint64_t timestamp, uint32_t symbol_id,
                                               double price, uint32_t quantity) {
  uint64_t bits;
  tickring_words words;
  __builtin_memcpy(&bits, &price, sizeof bits);
  words.word[0] = timestamp;
  words.word[1] = (uint64_t)symbol_id | bits << 32;
  words.word[2] = bits >> 32 | (uint64_t)quantity << 32;
  return words;
}

/* An order asked for by a worker: 56 bytes, in an order ring. */
typedef struct OrderRequestRecord {
  uint64_t decision_time; /* exchange time of the tick that caused it, ns since the Unix epoch */
  uint64_t order_id;      /* instrument number << 32 | how many orders of it came before, plus 1 */
  uint64_t target_id;     /* cancel, replace: the order meant, which a replacement's order_id says,
                           * too; else 0 */
  double price;           /* limit, quote currency */
  uint64_t received_ns;   /* receive time of the packet that caused it, CLOCK_MONOTONIC; 0: not
                           * known, with which nothing leaves for a live venue */
  uint64_t published_ns;  /* publish time, CLOCK_MONOTONIC */
  uint32_t quantity;      /* shares */
  uint8_t action;         /* enum tickway_action */
  uint8_t side;           /* enum tickway_side */
  uint8_t time_in_force;  /* enum tickway_time_in_force */
  uint8_t strategy;       /* number of the strategy that asked */
} OrderRequestRecord;

TICKRING_STATIC_ASSERT(sizeof(OrderRequestRecord) == 56, "7 words and the commit word");

/* 0 is never a valid value: a slot of zeros asks for nothing. */
enum tickway_action {
  TICKWAY_NEW = 1,
  TICKWAY_CANCEL = 2,
  TICKWAY_REPLACE = 3,         /* target_id becomes an order of this price, with quantity open */
  TICKWAY_CANCEL_STRATEGY = 4, /* every order of the strategy that asks */
  TICKWAY_CANCEL_SYMBOL = 5,   /* its orders of the instrument in the high half of order_id */
  TICKWAY_CANCEL_ALL = 6       /* every order of the sender, whoever asked for it */
};
enum tickway_side { TICKWAY_BUY = 1, TICKWAY_SELL = 2 };
enum tickway_time_in_force {
  TICKWAY_DAY = 1,
  TICKWAY_IOC = 2, /* immediate or cancel */
  TICKWAY_FOK = 3  /* fill or kill: all of it at once, or nothing */
};

/* What became of an order: 56 bytes, in an event ring. */
typedef struct OrderEventRecord {
  uint64_t receive_time; /* when the sender learnt of it, CLOCK_MONOTONIC ns */
  uint64_t order_id;     /* as in the request */
  uint64_t match_id;     /* fill: the venue's match number; else 0 */
  double price;          /* fill: price of the shares; ack: the limit; quote currency */
  double limit;          /* reject by the risk gate: the limit that was broken */
  double value;          /* reject by the risk gate: the value that broke it; else shares open */
  uint32_t quantity;     /* fill: shares filled; cancel: shares cancelled; else of the order */
  uint8_t kind;          /* enum tickway_event */
  uint8_t reason;        /* reject: the risk gate's or the venue's reason */
  uint8_t side;          /* enum tickway_side */
  uint8_t strategy;      /* as in the request */
} OrderEventRecord;

TICKRING_STATIC_ASSERT(sizeof(OrderEventRecord) == 56, "7 words and the commit word");

enum tickway_event {
  TICKWAY_EVENT_ACK = 1,
  TICKWAY_EVENT_FILL = 2,
  TICKWAY_EVENT_CANCELED = 3,
  TICKWAY_EVENT_RISK_REJECT = 4,
  TICKWAY_EVENT_VENUE_REJECT = 5,
  TICKWAY_EVENT_UNSENT = 6, /* allowed by the gate, and no venue to send it to */
  TICKWAY_EVENT_LOST = 7,   /* events before this one were lost: quantity says how many */
  TICKWAY_EVENT_CANCEL_REJECT = 8, /* a cancel or replace is refused: the order is as it was */
  TICKWAY_EVENT_TRADE_BROKEN = 9,  /* the venue takes a fill back: quantity, price, match_id */
  TICKWAY_EVENT_REPLACED = 10,     /* the order has this price now, and value shares open */
  TICKWAY_EVENT_RESTATED = 11,     /* the venue changed the order by itself: quantity, price */
  TICKWAY_EVENT_STATE = 12         /* trading state: reason is the state (RiskState) */
};

#endif
