/*
 * The in-memory structures of the DLPack interchange protocol, as its specification lays them down
 * (https://dmlc.github.io/dlpack/latest/c_api.html): the legacy form and the versioned one of 1.0.
 */
#ifndef SHOAL_PYTHON_DLPACK_H
#define SHOAL_PYTHON_DLPACK_H

#include <stdint.h>

#define DLPACK_MAJOR 1
#define DLPACK_MINOR 0
#define DLPACK_LEGACY "dltensor" /* the names of unconsumed capsules */
#define DLPACK_VERSIONED "dltensor_versioned"
#define DLPACK_READ_ONLY ((uint64_t)1 << 0)
#define DLPACK_IS_COPIED ((uint64_t)1 << 1)

enum { DL_CPU = 1 };
enum { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_COMPLEX = 5, DL_BOOL = 6 };

typedef struct DLPackVersion {
    uint32_t major;
    uint32_t minor;
} DLPackVersion;

typedef struct DLDevice {
    int32_t device_type;
    int32_t device_id;
} DLDevice;

typedef struct DLDataType {
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
} DLDataType;

typedef struct DLTensor {
    void *data;
    DLDevice device;
    int32_t ndim;
    DLDataType dtype;
    int64_t *shape;
    int64_t *strides; /* in elements */
    uint64_t byte_offset;
} DLTensor;

typedef struct DLManagedTensor {
    DLTensor dl_tensor;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensor *self);
} DLManagedTensor;

typedef struct DLManagedTensorVersioned {
    DLPackVersion version;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensorVersioned *self);
    uint64_t flags;
    DLTensor dl_tensor;
} DLManagedTensorVersioned;

#endif
