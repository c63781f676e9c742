#include "core/model/pickle.h"

#include <bit>
#include <cstring>
#include <unordered_map>

#include "core/base/check.h"

namespace anchorscope {

bool PickleValue::isCallOf(std::string_view global) const {
  return kind == Kind::kCall && items[0]->kind == Kind::kGlobal && items[0]->text == global;
}

namespace {

/// Thrown inside parse() only, and turned into an Error there.
struct PickleProblem {
  std::string text;
};

[[noreturn]] void fail(std::string text) {
  throw PickleProblem{std::move(text)};
}

/// No module and class has a longer name.
constexpr std::size_t kLongestName = 1000;

}  // namespace

/// The pickle machine: a stack, a memo, and an opcode at a time.
class PickleReader {
 public:
  PickleReader(std::string_view bytes, PickleDocument& document) : bytes_(bytes), document_(document) {}

  void run() {
    for (std::size_t opcodes = 0; !done_; ++opcodes) {
      if (opcodes == kMostPickleOpcodes)
        fail(concat("it has more than ", kMostPickleOpcodes, " opcodes, which no file of tensors needs"));
      step(static_cast<unsigned char>(take(1)[0]));
    }
    document_.byteCount_ = position_;
  }
  std::size_t position() const { return position_; }

 private:
  using Kind = PickleValue::Kind;

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - position_) fail("it ends early");
    const std::string_view part = bytes_.substr(position_, static_cast<std::size_t>(count));
    position_ += static_cast<std::size_t>(count);
    return part;
  }

  std::uint64_t takeUnsigned(int byteCount) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const char byte : take(static_cast<std::uint64_t>(byteCount))) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << shift;
      shift += 8;
    }
    return value;
  }

  std::string_view takeLine() {
    const std::size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) fail("it ends early");
    const std::string_view line = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return line;
  }

  PickleValue& make(Kind kind) {
    PickleValue& value = document_.values_.emplace_back();
    value.kind = kind;
    return value;
  }
  PickleValue& push(Kind kind) {
    PickleValue& value = make(kind);
    stack_.push_back(&value);
    return value;
  }
  void pushInt(std::int64_t integer) { push(Kind::kInt).integer = integer; }
  void pushText(Kind kind, std::string_view text) { push(kind).text = text; }

  PickleValue& top() {
    if (stack_.size() <= floor()) fail("it takes from an empty stack");
    return *stack_.back();
  }
  PickleValue& pop() {
    PickleValue& value = top();
    stack_.pop_back();
    return value;
  }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  /// Everything above the last mark, which goes too.
  std::vector<const PickleValue*> popToMark() {
    if (marks_.empty()) fail("a mark is missing");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleValue*> values(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return values;
  }

  void pushTuple(std::size_t count) {
    if (stack_.size() < floor() + count) fail("it takes from an empty stack");
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<const PickleValue*> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    push(Kind::kTuple).items = std::move(items);
  }

  void addEntries(PickleValue& target, const std::vector<const PickleValue*>& values) {
    if (target.kind != Kind::kDict && target.kind != Kind::kCall)
      fail("it sets entries of what is no dictionary");
    if (values.size() % 2 != 0) fail("a key has no value");
    for (std::size_t i = 0; i < values.size(); i += 2)
      target.entries.emplace_back(values[i], values[i + 1]);
  }

  void addItems(PickleValue& target, const std::vector<const PickleValue*>& values) {
    if (target.kind == Kind::kCall) return;  // contents of an object that is not looked into
    if (target.kind != Kind::kList) fail("it appends to what is no list");
    target.items.insert(target.items.end(), values.begin(), values.end());
  }

  void pushLong(std::uint64_t byteCount) {
    const std::string_view bytes = take(byteCount);
    if (bytes.size() > 8) {
      pushText(Kind::kBigInt, bytes);
      return;
    }
    std::uint64_t value =
        bytes.empty() || static_cast<signed char>(bytes.back()) >= 0 ? 0 : ~std::uint64_t{0};
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = (value << 8) | static_cast<unsigned char>(bytes[i]);
    pushInt(static_cast<std::int64_t>(value));
  }

  void pushPersistent() {
    const PickleValue& id = pop();
    PickleValue& value = push(Kind::kPersistent);
    value.items = {&id};
    document_.persistentIds_.push_back(&value);
  }

  void pushGlobal(std::string_view module, std::string_view name) {
    if (module.size() > kLongestName || name.size() > kLongestName) fail("a name is too long");
    pushText(Kind::kGlobal, concat(module, " ", name));
  }

  void pushCall(const PickleValue& callable, const PickleValue& arguments) {
    push(Kind::kCall).items = {&callable, &arguments};
  }

  void recall(std::uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) fail("it refers to a value that was not remembered");
    stack_.push_back(found->second);
  }

  void step(unsigned char opcode);

  std::string_view bytes_;
  PickleDocument& document_;
  std::size_t position_ = 0;
  bool done_ = false;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
};

void PickleReader::step(unsigned char opcode) {
  switch (opcode) {
    case 0x80: {  // PROTO
      const std::uint64_t protocol = takeUnsigned(1);
      if (protocol < 2 || protocol > 5) fail(concat("its protocol ", protocol, " is not between 2 and 5"));
      break;
    }
    case 0x95:
      take(8);
      break;   // FRAME
    case '.':  // STOP
      document_.root_ = &pop();
      done_ = true;
      break;
    case '(':
      marks_.push_back(stack_.size());
      break;
    case '0': {  // POP, of a value or of a mark
      if (!marks_.empty() && marks_.back() == stack_.size())
        marks_.pop_back();
      else
        pop();
      break;
    }
    case '1':
      popToMark();
      break;
    case '2':
      stack_.push_back(&top());
      break;

    case 'N':
      push(Kind::kNone);
      break;
    case 0x88:
      push(Kind::kBool).integer = 1;
      break;
    case 0x89:
      push(Kind::kBool).integer = 0;
      break;
    case 'J':
      pushInt(static_cast<std::int32_t>(takeUnsigned(4)));
      break;
    case 'K':
      pushInt(static_cast<std::int64_t>(takeUnsigned(1)));
      break;
    case 'M':
      pushInt(static_cast<std::int64_t>(takeUnsigned(2)));
      break;
    case 0x8a:
      pushLong(takeUnsigned(1));
      break;
    case 0x8b:
      pushLong(takeUnsigned(4));
      break;
    case 'G': {  // big-endian double
      std::uint64_t bits = 0;
      for (const char byte : take(8))
        bits = (bits << 8) | static_cast<unsigned char>(byte);
      push(Kind::kFloat).real = std::bit_cast<double>(bits);
      break;
    }

    case 'X':
      pushText(Kind::kText, take(takeUnsigned(4)));
      break;
    case 0x8c:
      pushText(Kind::kText, take(takeUnsigned(1)));
      break;
    case 0x8d:
      pushText(Kind::kText, take(takeUnsigned(8)));
      break;
    case 'U':
      pushText(Kind::kText, take(takeUnsigned(1)));
      break;
    case 'T':
      pushText(Kind::kText, take(takeUnsigned(4)));
      break;
    case 'C':
      pushText(Kind::kBytes, take(takeUnsigned(1)));
      break;
    case 'B':
      pushText(Kind::kBytes, take(takeUnsigned(4)));
      break;
    case 0x8e:
    case 0x96:
      pushText(Kind::kBytes, take(takeUnsigned(8)));
      break;

    case ')':
      push(Kind::kTuple);
      break;
    case 't': {
      std::vector<const PickleValue*> items = popToMark();
      push(Kind::kTuple).items = std::move(items);
      break;
    }
    case 0x85:
      pushTuple(1);
      break;
    case 0x86:
      pushTuple(2);
      break;
    case 0x87:
      pushTuple(3);
      break;
    case ']':
    case 0x8f:
      push(Kind::kList);
      break;
    case 'l':
    case 0x91: {
      std::vector<const PickleValue*> items = popToMark();
      push(Kind::kList).items = std::move(items);
      break;
    }
    case 'a': {
      const PickleValue& value = pop();
      addItems(top(), {&value});
      break;
    }
    case 'e':
    case 0x90: {
      const std::vector<const PickleValue*> values = popToMark();
      addItems(top(), values);
      break;
    }
    case '}':
      push(Kind::kDict);
      break;
    case 'd': {
      const std::vector<const PickleValue*> values = popToMark();
      addEntries(push(Kind::kDict), values);
      break;
    }
    case 's': {
      const PickleValue& value = pop();
      const PickleValue& key = pop();
      addEntries(top(), {&key, &value});
      break;
    }
    case 'u': {
      const std::vector<const PickleValue*> values = popToMark();
      addEntries(top(), values);
      break;
    }

    case 'q':
      memo_[takeUnsigned(1)] = &top();
      break;
    case 'r':
      memo_[takeUnsigned(4)] = &top();
      break;
    case 0x94: {
      PickleValue& value = top();
      memo_.emplace(memo_.size(), &value);
      break;
    }
    case 'h':
      recall(takeUnsigned(1));
      break;
    case 'j':
      recall(takeUnsigned(4));
      break;

    case 'c': {
      const std::string_view module = takeLine();
      pushGlobal(module, takeLine());
      break;
    }
    case 0x93: {
      const PickleValue& name = pop();
      const PickleValue& module = pop();
      if (name.kind != Kind::kText || module.kind != Kind::kText) fail("a name is no text");
      pushGlobal(module.text, name.text);
      break;
    }
    case 'Q':
      pushPersistent();
      break;
    case 'R':
    case 0x81: {  // REDUCE, NEWOBJ
      const PickleValue& arguments = pop();
      const PickleValue& callable = pop();
      pushCall(callable, arguments);
      break;
    }
    case 0x92: {  // NEWOBJ_EX
      pop();
      const PickleValue& arguments = pop();
      const PickleValue& callable = pop();
      pushCall(callable, arguments);
      break;
    }
    case 'b': {
      const PickleValue& state = pop();
      top().state = &state;
      break;
    }
    default:
      fail(concat("its opcode ", static_cast<int>(opcode), " is not one of a plain tensor file"));
  }
}

Result<PickleDocument> PickleDocument::parse(std::string_view bytes, const std::string& place) {
  PickleDocument document;
  PickleReader reader(bytes, document);
  try {
    reader.run();
  } catch (const PickleProblem& problem) {
    return makeError(
        ErrorCode::kBadData,
        concat("The pickle in ", place, " is damaged at byte ", reader.position(), ": ", problem.text),
        "Download or save the file again");
  }
  return Result<PickleDocument>(std::move(document));
}

}  // namespace anchorscope
