#pragma once
// Internal header (ATen). Plain values as byte tensors, which autograd can carry from forward to backward.

#include <ATen/ATen.h>

#include <cstring>
#include <type_traits>

namespace anchorscope {

template <typename Value>
at::Tensor packed(const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  at::Tensor bytes = at::empty({static_cast<std::int64_t>(sizeof value)}, at::kByte);
  std::memcpy(bytes.data_ptr<std::uint8_t>(), &value, sizeof value);
  return bytes;
}

template <typename Value>
Value unpacked(const at::Tensor& bytes) {
  static_assert(std::is_trivially_copyable_v<Value>);
  Value value;
  std::memcpy(&value, bytes.const_data_ptr<std::uint8_t>(), sizeof value);
  return value;
}

}  // namespace anchorscope
