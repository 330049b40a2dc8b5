/* report.c: the samples as JSON and as a table, one row for each regime that was met. */
#include "bench_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *const regimes[] = {"near", "far", "mixed"};
static const char *const units[] = {"ns p50", "ns p99", "ns p99.9", "ns max"};
static const char *const flow_units[] = {"M records/s", "% lost"};

typedef struct spread {
  int count;
  double min, median, max, raw;
} spread;

static int compare(const void *a, const void *b) {
  double one = *(const double *)a, two = *(const double *)b;
  return one < two ? -1 : one > two;
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, compare);
  return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static spread spread_of(const bench_case *one, int value, enum bench_regime regime) {
  double values[BENCH_SAMPLES_MAX], raw[BENCH_SAMPLES_MAX];
  spread result = {0, 0, 0, 0, 0};
  for (int i = 0; i < one->sample_count; i++) {
    if (one->regime[i] != regime) continue;
    values[result.count] = one->value[i][value];
    raw[result.count++] = one->raw_ns[i];
  }
  if (result.count == 0) return result;
  result.median = median(values, result.count);
  result.raw = median(raw, result.count);
  result.min = values[0];
  result.max = values[result.count - 1];
  return result;
}

static bool is_flow(const bench_case *one) {
  return one->topology == BENCH_THROUGHPUT || one->topology >= BENCH_BROADCAST;
}

static int values_of(const bench_case *one) {
  switch (one->topology) {
    case BENCH_THROUGHPUT:
    case BENCH_BROADCAST_PACED: return 1;
    case BENCH_BROADCAST: return 2;
    case BENCH_ONEWAY: return 4;
    default: return 3;
  }
}

static const char *unit_of(const bench_case *one, int value) {
  return is_flow(one) ? flow_units[value] : units[value];
}

/* The first line of `path` that begins with `key`, after its colon; or "unknown". */
static void machine_line(const char *path, const char *key, char *text, size_t bytes) {
  char line[256];
  FILE *file = fopen(path, "r");
  snprintf(text, bytes, "unknown");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    char *colon = strchr(line, ':');
    if (strncmp(line, key, strlen(key)) != 0 || colon == NULL) continue;
    line[strcspn(line, "\n\"\\")] = '\0';
    snprintf(text, bytes, "%s", colon + 1 + strspn(colon + 1, " \t"));
    break;
  }
  if (file != NULL) fclose(file);
}

static void write_machine(FILE *out) {
  char model[256];
  double load[3] = {0, 0, 0};
  struct utsname name;
  machine_line("/proc/cpuinfo", "model name", model, sizeof model);
  if (uname(&name) != 0) memset(&name, 0, sizeof name);
  (void)getloadavg(load, 3);
  fprintf(out,
          "\"cpu\": \"%s\", \"cores\": %ld, \"kernel\": \"%s\", \"arch\": \"%s\", "
          "\"compiler\": \"gcc %s\", \"load_average_1min\": %.2f",
          model, sysconf(_SC_NPROCESSORS_ONLN), name.release, name.machine, __VERSION__, load[0]);
}

static void write_result(FILE *out, const bench_case *one, int value, enum bench_regime regime,
                         spread found) {
  fprintf(out,
          "{\"ring\": \"%s\", \"face\": \"%s\", \"topology\": \"%s\", \"capacity\": %llu, "
          "\"batch\": %llu, \"regime\": \"%s\", \"unit\": \"%s\", \"min\": %.2f, "
          "\"median\": %.2f, \"max\": %.2f, \"raw_pingpong_ns\": %.1f}",
          one->ring->name, one->ring->face, topology_name(one->topology),
          (unsigned long long)one->capacity, (unsigned long long)one->batch, regimes[regime],
          unit_of(one, value), found.min, found.median, found.max, found.raw);
}

int report_json(const bench_case *cases, int count, const char *path) {
  FILE *out = fopen(path, "w");
  if (out == NULL) return -1;
  const char *separator = "";
  fprintf(out, "{\"machine\": {");
  write_machine(out);
  fprintf(out, "}, \"results\": [\n");
  for (int i = 0; i < count; i++)
    for (int value = 0; value < values_of(&cases[i]); value++)
      for (int regime = 0; regime < BENCH_REGIMES; regime++) {
        spread found = spread_of(&cases[i], value, (enum bench_regime)regime);
        if (found.count == 0) continue;
        fprintf(out, "%s", separator);
        write_result(out, &cases[i], value, (enum bench_regime)regime, found);
        separator = ",\n";
      }
  fprintf(out, "\n]}\n");
  return fclose(out);
}

static void print_row(const bench_case *one, int value, enum bench_regime regime) {
  spread found = spread_of(one, value, regime);
  if (found.count == 0) return;
  printf("| %s | %s | %s | %llu | %llu | %s | %s | %d | %.1f | %.1f | %.1f | %.0f |\n",
         one->ring->name, one->ring->face, topology_name(one->topology),
         (unsigned long long)one->capacity, (unsigned long long)one->batch, regimes[regime],
         unit_of(one, value), found.count, found.min, found.median, found.max, found.raw);
}

void report_table(const bench_case *cases, int count) {
  printf("| ring | face | topology | slots | batch | regime | unit | samples | min | median | max"
         " | raw ping-pong ns |\n|--|--|--|--:|--:|--|--|--:|--:|--:|--:|--:|\n");
  for (int i = 0; i < count; i++)
    for (int value = 0; value < values_of(&cases[i]); value++)
      for (int regime = 0; regime < BENCH_REGIMES; regime++)
        print_row(&cases[i], value, (enum bench_regime)regime);
}

static void print_hop(const bench_case *hop, int value, enum bench_regime regime) {
  spread found[BENCH_HOPS];
  for (int i = 0; i < BENCH_HOPS; i++) {
    found[i] = spread_of(&hop[i], value, regime);
    if (found[i].count == 0) return;
  }
  printf("| %s | %s | %s | %s |", hop->ring->name, topology_name(hop->topology), regimes[regime],
         unit_of(hop, value));
  for (int i = 0; i < BENCH_HOPS; i++)
    printf(" %.0f (%.0f–%.0f; %d) |", found[i].median, found[i].min, found[i].max,
           found[i].count);
  printf(" %.3f | %.3f | %.0f |\n", found[1].median / found[0].median,
         found[2].median / found[0].median, found[1].raw);
}

void report_hops(const bench_case *cases, int count) {
  printf("median (least–most; samples)\n"
         "| ring | topology | regime | unit | threads | processes | threads again | processes /"
         " threads | again / threads | raw ping-pong ns |\n"
         "|--|--|--|--|--:|--:|--:|--:|--:|--:|\n");
  for (int i = 0; i + BENCH_HOPS <= count; i += BENCH_HOPS)
    for (int value = 0; value < values_of(&cases[i]); value++)
      for (int regime = 0; regime < BENCH_REGIMES; regime++)
        print_hop(&cases[i], value, (enum bench_regime)regime);
}
