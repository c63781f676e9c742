#include "core/model/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchorscope {
namespace {

using Kind = PickleValue::Kind;
using std::string_literals::operator""s;

Result<PickleDocument> parse(const std::string& body) {
  return PickleDocument::parse("\x80\x02" + body, "test");
}

/// The error's text; fails the test when there is none.
std::string problemOf(const std::string& body) {
  const Result<PickleDocument> document = parse(body);
  EXPECT_FALSE(document.ok());
  if (document) return {};
  EXPECT_EQ(document.error().code, ErrorCode::kBadData);
  return document.error().message;
}

TEST(Pickle, ReadsNumbers) {
  const auto integer = [](const std::string& body) {
    const Result<PickleDocument> document = parse(body);
    EXPECT_TRUE(document.ok());
    EXPECT_EQ(document->root().kind, Kind::kInt);
    return document->root().integer;
  };
  EXPECT_EQ(integer("K\xff."), 255);
  EXPECT_EQ(integer("M\x01\x80."), 32769);
  EXPECT_EQ(integer("J\xfe\xff\xff\xff."), -2);
  EXPECT_EQ(integer("\x8a\x00."s), 0);
  EXPECT_EQ(integer("\x8a\x01\x80."), -128);
  EXPECT_EQ(integer("\x8a\x05\x00\x00\x00\x00\x01."s), std::int64_t{1} << 32);
  EXPECT_EQ(integer("\x8b\x02\x00\x00\x00\xff\x00."s), 255);
  const Result<PickleDocument> real = parse("G\xbf\xf8\x00\x00\x00\x00\x00\x00."s);
  ASSERT_TRUE(real.ok());
  EXPECT_EQ(real->root().real, -1.5);
  const Result<PickleDocument> big = parse("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  ASSERT_TRUE(big.ok());
  EXPECT_EQ(big->root().kind, Kind::kBigInt);
  EXPECT_EQ(big->root().text.size(), 10u);
}

TEST(Pickle, ReadsNestedContainersAndTheMemo) {
  // {'a': (1, [2, 3]), 'b': <the same tuple>}
  const Result<PickleDocument> document = parse(
      "}q\x00(X\x01\x00\x00\x00"
      "aK\x01](K\x02K\x03"
      "e\x86q\x01X\x01\x00\x00\x00"
      "bh\x01u."s);
  ASSERT_TRUE(document.ok()) << document.error().text();
  const PickleValue& root = document->root();
  ASSERT_EQ(root.kind, Kind::kDict);
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[0].first->text, "a");
  const PickleValue& tuple = *root.entries[0].second;
  ASSERT_EQ(tuple.kind, Kind::kTuple);
  EXPECT_EQ(tuple.items[0]->integer, 1);
  ASSERT_EQ(tuple.items[1]->kind, Kind::kList);
  EXPECT_EQ(tuple.items[1]->items[1]->integer, 3);
  EXPECT_EQ(root.entries[1].second, &tuple);
}

TEST(Pickle, CallsAreDescribedAndNotMade) {
  // os.system("x") as a REDUCE, with a BUILD on the result
  const Result<PickleDocument> document = parse(
      "cos\nsystem\nX\x01\x00\x00\x00x\x85RK\x05"
      "b."s);
  ASSERT_TRUE(document.ok()) << document.error().text();
  EXPECT_TRUE(document->root().isCallOf("os system"));
  EXPECT_FALSE(document->root().isCallOf("os"));
  EXPECT_EQ(document->root().items[1]->items[0]->text, "x");
  EXPECT_EQ(document->root().state->integer, 5);
  const Result<PickleDocument> protocol4 = PickleDocument::parse(
      "\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x01m\x94\x8c\x01n\x93)\x81."s, "test");
  ASSERT_TRUE(protocol4.ok()) << protocol4.error().text();
  EXPECT_TRUE(protocol4->root().isCallOf("m n"));
}

TEST(Pickle, PersistentIdsAreListedAndTheEndIsKnown) {
  const std::string bytes = "\x80\x02(K\x01QK\x02Qt.rest"s;
  const Result<PickleDocument> document = PickleDocument::parse(bytes, "test");
  ASSERT_TRUE(document.ok());
  ASSERT_EQ(document->persistentIds().size(), 2u);
  EXPECT_EQ(document->persistentIds()[1]->items[0]->integer, 2);
  EXPECT_EQ(document->byteCount(), bytes.size() - 4);
}

TEST(Pickle, CirclesAreAllowed) {
  const Result<PickleDocument> document = parse(
      "]q\x00h\x00"
      "a."s);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->root().items[0], &document->root());
}

TEST(Pickle, OpcodesAndNamesAreBounded) {
  for (const char opcode : {'N', '}', '(', ']'})
    EXPECT_THAT(problemOf(std::string(kMostPickleOpcodes + 1, opcode)), ::testing::HasSubstr("opcodes"))
        << opcode;
  EXPECT_THAT(problemOf("N" + std::string(kMostPickleOpcodes + 1, '\x94')), ::testing::HasSubstr("opcodes"));
  EXPECT_THAT(problemOf("c" + std::string(2000, 'm') + "\nn\n."), ::testing::HasSubstr("too long"));
  EXPECT_THAT(problemOf("X\xd0\x07\x00\x00"s + std::string(2000, 'm') + "q\x00h\x00\x93."s),
              ::testing::HasSubstr("too long"));
}

TEST(Pickle, DamageIsAnErrorWithItsPlace) {
  EXPECT_THAT(problemOf(""), ::testing::HasSubstr("byte 2"));
  EXPECT_THAT(problemOf("K"), ::testing::HasSubstr("ends early"));
  EXPECT_THAT(problemOf("X\xff\xff\xff\xff"
                        "a."),
              ::testing::HasSubstr("ends early"));
  EXPECT_THAT(problemOf("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                        "a."),
              ::testing::HasSubstr("ends early"));
  EXPECT_THAT(problemOf("."), ::testing::HasSubstr("empty stack"));
  EXPECT_THAT(problemOf("t."), ::testing::HasSubstr("mark"));
  EXPECT_THAT(problemOf("K\x01\x86."), ::testing::HasSubstr("empty stack"));
  EXPECT_THAT(problemOf("K\x01(\x85."),
              ::testing::HasSubstr("empty stack"));  // must not reach below the mark
  EXPECT_THAT(problemOf("h\x07."), ::testing::HasSubstr("not remembered"));
  EXPECT_THAT(problemOf("K\x01K\x02K\x03s."), ::testing::HasSubstr("no dictionary"));
  EXPECT_THAT(problemOf("K\x01K\x02"
                        "a."),
              ::testing::HasSubstr("no list"));
  EXPECT_THAT(problemOf("}(K\x01u."), ::testing::HasSubstr("no value"));
  EXPECT_THAT(problemOf("I5\n."), ::testing::HasSubstr("opcode 73"));
  EXPECT_THAT(problemOf("cos"), ::testing::HasSubstr("ends early"));
  const Result<PickleDocument> old = PickleDocument::parse("\x80\x09.", "somewhere");
  ASSERT_FALSE(old.ok());
  EXPECT_THAT(old.error().message,
              ::testing::AllOf(::testing::HasSubstr("protocol 9"), ::testing::HasSubstr("somewhere")));
}

}  // namespace
}  // namespace anchorscope
