#include "tickring.h"
