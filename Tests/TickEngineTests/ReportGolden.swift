/// `Report.filled()` as the schema prints it, checked by eye against its definition.
let goldenReport = #"""
  {
    "capture": {
      "bytes": 3456,
      "cut_tail": true,
      "files": 1,
      "ignored": 2,
      "packets": 12,
      "paths": [
        "day \"one\".pcap"
      ],
      "truncated": 1
    },
    "feed": {
      "by_type": {
        "Q": 30,
        "T": 10
      },
      "duplicates": 0,
      "gaps": 0,
      "heartbeats": 2,
      "malformed": 0,
      "messages": 40,
      "missing": 0,
      "overlaps": 0,
      "packets": 9,
      "restarts": 0,
      "unknown": 0
    },
    "latency_ns": {
      "ingest": {
        "count": 100,
        "max": 100,
        "negative": 1,
        "p50": 50,
        "p90": 90,
        "p99": 99,
        "p999": 100,
        "p9999": 100
      }
    },
    "machine": {
      "architecture": "x86_64",
      "build": "release",
      "cores": 2,
      "cpu_model": "Example CPU",
      "kernel": "6.1.0",
      "numa_nodes": 1
    },
    "orders": {
      "acked": 4,
      "canceled": 1,
      "cancels_sent": 1,
      "filled": 2,
      "in_flight": 1,
      "open": 1,
      "partially_filled": 1,
      "requested": 10,
      "risk_rejected": {
        "collar": 2,
        "rate": 1
      },
      "sent": 6,
      "unsent": 1,
      "venue_rejected": 1
    },
    "rings": [
      {
        "capacity": 64,
        "full": 3,
        "kind": "tick",
        "lost": 0,
        "name": "tick.0",
        "polled": 40,
        "published": 40
      },
      {
        "capacity": 64,
        "full": 0,
        "kind": "tick",
        "lost": 1,
        "name": "tick.1",
        "polled": 31,
        "published": 32
      },
      {
        "capacity": 64,
        "full": 0,
        "kind": "order",
        "lost": 0,
        "name": "order.0",
        "polled": 10,
        "published": 10
      }
    ],
    "run": {
      "anomalies": 0,
      "books_full": 0,
      "cancels_idle": 0,
      "cancels_refused": 0,
      "events_lost": 0,
      "messages_per_second": 0.0,
      "misdirected": 0,
      "notes": [

      ],
      "seconds": 0.0,
      "session_changes": 0,
      "sessions": 0,
      "trades_broken": 0,
      "tripped": false,
      "unknown_messages": 0,
      "untracked": 0,
      "waiting": "",
      "workers": 0
    },
    "schema": "tickway.report/1",
    "ticks": {
      "ask": 29,
      "bid": 29,
      "copies": 2,
      "published": 70,
      "rejected": {
        "crossed": 1
      },
      "status": 2,
      "trade": 9,
      "trade_break": 1,
      "trade_notional": 69394276.8200,
      "trade_volume": 1427907
    }
  }

  """#
