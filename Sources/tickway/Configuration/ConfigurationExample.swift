/// `tickway config example`: whole, commented, and good on any machine, for any user.
enum ConfigurationExample {
  static let text = """
    # A Tickway instance. `tickway config check FILE` says everything that is wrong with such a
    # file, `tickway config plan FILE` what would run where; `tickway run --config FILE` runs it.
    # What stands after a # that begins a line without text is a default, or another choice.

    # The name that `tickway arm`, `tickway kill` and `tickway top` know it by.
    instance: example

    directories:
      # rings: /dev/shm
      # Where trips of the kill switch survive; a relative path begins at this file.
      state: state
      # Where each role leaves its report as JSON at its end.
      reports: reports

    # What is listened to. Packets for it, from a capture:
    #   tickway synth --out day.pcap
    #   tickway publish day.pcap --line-a 239.255.77.1:15001 --line-b 239.255.77.2:15002
    #     --interface 127.0.0.1
    feed:
      protocol: iex                   # iex, or ticks: of a `tickway relay`
      line_a: 239.255.77.1:15001      # GROUP:PORT, or SOURCE@GROUP:PORT
      line_b: 239.255.77.2:15002      # the same packets once more; may be absent
      interface: 127.0.0.1            # name or address; without it, the route's
      max_age_s: 1                    # older quotes and trades are refused; or off, as of ticks
      # hours: "13:30-20:00"          # when the feed is expected to speak, UTC
      # symbols: symbols.txt          # a symbol a line: restricts and numbers the directory
      # requests: 127.0.0.1:15003     # request server, of ticks alone
      # kernel_stamps: false          # a latency stage for the time in the socket
      # wait_us: 100000               # a missing packet is waited for
      # wait_packets: 4096            # packets that wait behind it
      # recovery_ms: 1000             # it is asked for without an answer
      # receive_buffer_bytes: 8388608
      # datagram_bytes_max: 2048
      # restarts: follow              # or refuse: the run ends when the sequence begins anew

    # Where orders go. The built-in venue is a simulated exchange; a named one needs risk limits,
    # and on another host reference data, too.
    venue:
      address: builtin                # HOST:PORT, builtin or none
      # listen: 127.0.0.1:0           # of the built-in one; port 0 is any
      user: TICKWY
      # Secrets never stand here:
      # password_env: VENUE_PASSWORD  # a variable of the environment of `tickway run`
      # password_file: venue.password # the first line of a file that only you may read
      # dialect: ouch50               # or ouch42
      # reconnect_s: 60               # a venue that is lost is called again for so long
      # slow: refuse                  # new orders while it takes no bytes: wait or refuse

    risk:
      # Nothing leaves before somebody has armed the instance, `tickway arm example --state-dir
      # state --who NAME --reason TEXT`; a simulation may arm itself, if nothing tripped it before.
      arm_simulation: true
      # limits: limits.json           # or the limits themselves, `name: value`, all of them
      # reference: reference.csv      # sector, volume and limits of each symbol
      # account: example              # sets of one account share its credit
      # positions: positions.csv      # held before the first order, as a CSV file with
      #                               # symbol,strategy,shares,average_price; for one set
      # var_every_s: 10               # the value at risk of what is held, so often, from
      # returns: returns.csv          # returns: a line of symbols, then one of each in every line,
      # recorded: day.ticks           # or ticks that --record wrote, by intervals of
      # recorded_interval_s: 60       # exchange time
      # var_confidence: 0.95

    # One set of processes for each NUMA node. Without cores, roles are pinned if there are enough
    # for all, and share what there is otherwise.
    sets:
      - # node: 0
        # ingester: {core: 2}
        # sender: {core: 3}
        # venue: {core: 6}
        workers:
          - strategy: market-maker    # none, momentum or market-maker
            # parameters: {quantity: 100, position_max: 1000}
            symbols: share            # its share of all, all, or [AAPL, MSFT]
            policy: conflate          # its ring without room: wait, drop or conflate
            # core: 4
          - strategy: momentum
            symbols: share
            policy: drop
            # core: 5

    rings:
      tick_slots: 65536               # a power of two; 32 bytes each
      # huge_pages: false

    memory:
      bind: warn                      # on the reader's node: require, warn or off
      # lock: false                   # keep all of it resident

    waiting: auto                     # spin on a core of one's own, share elsewhere; spin; share

    # scheduling:
    #   realtime_priority: 0          # SCHED_FIFO, 1 to 99; needs a core for each role

    supervisor:
      restarts_per_minute: 3          # of a dead role, at once; then ever later
      backoff_s_max: 30
      restarts_max: 20                # then the instance ends
      on_supervisor_death: stop       # or continue: the next start takes the roles over
      drain_s_max: 30                 # for the end in order

    """
}
