/* LAPACK and BLAS (Debian: liblapacke-dev, libblas-dev): eigenvalues and matrix products. */
#include <cblas.h>
#include <lapacke.h>
