#ifndef TICKRING_H
#define TICKRING_H
#endif
