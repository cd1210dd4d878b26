/* NVIDIA's management library as far as AiKore calls it, for machines without a GPU: what it answers stands in the file
   $TEST_NVML_STATE, one card a line: "uuid vram_total vram_used utilization temperature milliwatts pid vram_of_pid", and
   is read at every call. A file that says "hang" makes every call wait until it says something else; a card whose vram
   is 0 has fallen off its bus; one with "parted" in its name is divided in two (MIG). Like the real one, it counts the cards when it is opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, NOT_LOADED = 9, LOST = 15 };

typedef struct { char uuid[64]; unsigned long long total, used; unsigned busy, degrees, milliwatts, pid; unsigned long long pid_used; } Card;

enum { MOST = 8 };

static unsigned counted;

static int cards(Card *found) {
  for (;;) {
    FILE *file = fopen(getenv("TEST_NVML_STATE"), "r");
    if (!file) return -1;
    int count = 0;
    while (count < MOST) {
      Card *card = &found[count];
      int fields = fscanf(file, "%63s %llu %llu %u %u %u %u %llu", card->uuid, &card->total, &card->used, &card->busy,
                          &card->degrees, &card->milliwatts, &card->pid, &card->pid_used);
      if (fields == 1 && strcmp(card->uuid, "hang") == 0) break;
      if (fields != 8) { fclose(file); return count; }
      count++;
    }
    fclose(file);
    if (count == MOST) return count;
    usleep(20000);
  }
}

/* A handle is the number of the card, and one; that of a part, a hundred for each part more. */
static int card_of(void *device, Card *card) {
  Card found[MOST];
  int count = cards(found), at = (int)(size_t)device % 100 - 1;
  if (at < 0 || at >= count) return LOST;
  *card = found[at];
  return card->total ? SUCCESS : LOST;
}

static int part(void *device) { return (int)(size_t)device / 100; }

int nvmlInit_v2(void) {
  Card found[MOST];
  int count = cards(found);
  if (count < 0) return NOT_LOADED;
  counted = (unsigned)count;
  return SUCCESS;
}
int nvmlShutdown(void) { return SUCCESS; }
int nvmlSystemGetDriverVersion(char *version, unsigned length) { snprintf(version, length, "570.86.15"); return SUCCESS; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12080; return SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = counted; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned at, void **device) {
  if (at >= counted) return INVALID;
  *device = (void *)(size_t)(at + 1);
  return SUCCESS;
}
int nvmlDeviceGetName(void *device, char *name, unsigned length) {
  Card card = {0};
  int code = card_of(device, &card);
  if (code == SUCCESS) snprintf(name, length, "NVIDIA Test %d%s", (int)(size_t)device % 100, part(device) ? " MIG 1g.10gb" : "");
  return code;
}
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length) {
  Card card = {0};
  int code = card_of(device, &card);
  if (code == SUCCESS && part(device)) snprintf(uuid, length, "MIG-%s-%d", card.uuid, part(device) - 1);
  else if (code == SUCCESS) snprintf(uuid, length, "%s", card.uuid);
  return code;
}
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory;
int nvmlDeviceGetMemoryInfo_v2(void *device, Memory *memory) {
  Card card = {0};
  int code = card_of(device, &card);
  if (code != SUCCESS) return code;
  memory->total = part(device) ? card.total / 8 : card.total;
  memory->reserved = 0;
  memory->used = card.used;
  memory->free = memory->total - card.used;
  return SUCCESS;
}
typedef struct { unsigned gpu, memory; } Utilization;
int nvmlDeviceGetUtilizationRates(void *device, Utilization *rates) {
  Card card = {0};
  int code = card_of(device, &card);
  rates->gpu = card.busy;
  rates->memory = 1;
  return code;
}
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *degrees) {
  Card card = {0};
  int code = card_of(device, &card);
  (void)sensor;
  *degrees = card.degrees;
  return code;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
  Card card = {0};
  int code = card_of(device, &card);
  *milliwatts = card.milliwatts;
  return code;
}
int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts) { (void)device; *milliwatts = 450000; return SUCCESS; }
int nvmlDeviceGetClockInfo(void *device, int kind, unsigned *mhz) {
  (void)device;
  /* A card without a sensor says so: the memory's clock here. */
  if (kind != 0) return NOT_SUPPORTED;
  *mhz = 2520;
  return SUCCESS;
}
typedef struct { unsigned pid; unsigned long long used; unsigned gpu, compute; } Process;
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, Process *processes) {
  Card card = {0};
  int code = card_of(device, &card);
  unsigned room = *count;
  if (code != SUCCESS) return code;
  *count = card.pid ? 1 : 0;
  if (room < *count) return INSUFFICIENT_SIZE;
  if (*count && processes) processes[0] = (Process){ card.pid, card.pid_used, ~0u, ~0u };
  return SUCCESS;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned *count, Process *processes) {
  (void)device;
  (void)processes;
  *count = 0;
  return SUCCESS;
}
int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned *count) {
  Card card = {0};
  int code = card_of(device, &card);
  /* A card that can't be divided has room for no parts; of seven there may be, not all need be there. */
  *count = strstr(card.uuid, "parted") ? 7 : 0;
  return code;
}
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned index, void **handle) {
  if (index >= 2) return NOT_FOUND;
  *handle = (void *)((size_t)device + 100 * (index + 1));
  return SUCCESS;
}
