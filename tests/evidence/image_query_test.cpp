// A search among images: what is typed, what it finds, and what is said of what is not understood.
#include "core/evidence/image_query.h"

#include <gtest/gtest.h>

#include "core/evidence/object_story.h"
#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

SearchedImage image(std::string name, std::vector<std::string> classes = {}) {
  SearchedImage facts;
  facts.name = std::move(name);
  facts.classes = std::move(classes);
  facts.objects = 4;
  facts.smallest = 20;
  facts.starved = 0;
  facts.contested = 2;
  facts.loss = 1.5;
  facts.worstIou = 0.4;
  return facts;
}

bool finds(const char* query, const SearchedImage& facts) {
  const auto parsed = ImageQuery::parse(query);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return parsed && parsed->matches(facts);
}

TEST(ImageQuery, WordsAreLookedForInTheNameAndAllMustHold) {
  const SearchedImage facts = image("train/Blood_001.jpg");
  EXPECT_TRUE(finds("", facts));
  EXPECT_TRUE(finds("blood", facts));
  EXPECT_TRUE(finds("BLOOD 001", facts));
  EXPECT_TRUE(finds("\"train/blood\"", facts));
  EXPECT_FALSE(finds("blood 002", facts));
  EXPECT_FALSE(finds("-blood", facts));
  EXPECT_TRUE(finds("-cell name:001", facts));
  EXPECT_TRUE(finds("\"two words\"", image("has Two Words in it")));
  EXPECT_FALSE(finds("\"two words\"", image("two other words")));
}

TEST(ImageQuery, NamesAndClassesMayHoldSigns) {
  const SearchedImage facts = image("epoch=3 <a>.png", {"size>2"});
  EXPECT_TRUE(finds("name:epoch=3", facts));
  EXPECT_TRUE(finds("name:\"=3 <a>\" class:size>2", facts));
  EXPECT_TRUE(finds("-name:epoch=4 -class:size<2", facts));
  EXPECT_FALSE(finds("name:epoch=4", facts));
}

TEST(ImageQuery, ClassesStatesAndNumbersAreAskedFor) {
  const SearchedImage facts = image("a", {"dog", "traffic light"});
  EXPECT_TRUE(finds("class:dog", facts));
  EXPECT_TRUE(finds("class:\"traffic light\" -class:cat", facts));
  EXPECT_FALSE(finds("class:cat", facts));
  EXPECT_FALSE(finds("starved", facts));
  EXPECT_TRUE(finds("-starved contested", facts));
  EXPECT_TRUE(finds("contested>=2 contested<3 contested=2", facts));
  EXPECT_FALSE(finds("contested>2", facts));
  EXPECT_TRUE(finds("loss>1 iou<0.5 size<32 objects<=4", facts));
  EXPECT_FALSE(finds("loss>1.5", facts));
  EXPECT_TRUE(finds("-loss>1.5", facts));
}

TEST(ImageQuery, WhatIsNotKnownIsNeitherFoundNorItsOpposite) {
  SearchedImage facts;
  facts.name = "a";
  EXPECT_FALSE(finds("starved", facts));
  EXPECT_FALSE(finds("-starved", facts));
  EXPECT_FALSE(finds("class:dog", facts));
  EXPECT_FALSE(finds("-class:dog", facts));
  EXPECT_TRUE(finds("a", facts));
  EXPECT_FALSE(ImageQuery::parse("a starved")->answer(facts).has_value());
  EXPECT_EQ(ImageQuery::parse("b starved")->answer(facts), false) << "the name alone rules it out";
}

TEST(ImageQuery, WhatIsNotUnderstoodIsSaidWithWhatCouldBeMeant) {
  const auto said = [](const char* query) {
    const auto parsed = ImageQuery::parse(query);
    EXPECT_FALSE(parsed) << query;
    return parsed ? std::string() : parsed.error().text();
  };
  EXPECT_NE(said("speed>3").find("'speed'"), std::string::npos);
  EXPECT_NE(said("speed>3").find("contested"), std::string::npos);
  EXPECT_NE(said("loss>much").find("'loss>much'"), std::string::npos);
  EXPECT_NE(said("loss>").find("loss>1"), std::string::npos);
  EXPECT_NE(said("kind:dog").find("'kind:'"), std::string::npos);
  EXPECT_NE(said("class:").find("class:dog"), std::string::npos);
  EXPECT_NE(said("\"open").find("quotation"), std::string::npos);
  EXPECT_NE(said("iou>nan").find("iou>nan"), std::string::npos);
}

TEST(ImageQuery, EveryFormInItsHelpIsUnderstood) {
  for (const auto& [form, help] : ImageQuery::syntax()) {
    EXPECT_FALSE(help.empty());
    for (std::size_t at = 0; at < form.size();) {
      const std::size_t end = std::min(form.find(" or ", at), form.size());
      EXPECT_TRUE(ImageQuery::parse(form.substr(at, end - at))) << form;
      at = end + 4;
    }
  }
}

TEST(ImageQuery, FactsOfAFrameAreThoseThatItsObjectsTell) {
  const auto frame = testing::makeSyntheticFrame();
  const SearchedImage facts = imageFacts(*frame);
  EXPECT_EQ(facts.name, frame->image->name);
  EXPECT_EQ(facts.objects, static_cast<double>(frame->image->objects.size()));
  double starved = 0, contested = 0, served = 0;
  for (const ObjectStory& story : explainObjects(*frame->stages.front())) {
    starved += story.state == ObjectState::kStarved;
    contested += story.state == ObjectState::kContested;
    served += story.state == ObjectState::kServed;
  }
  EXPECT_EQ(facts.starved, starved);
  EXPECT_EQ(facts.contested, contested);
  EXPECT_EQ(facts.served, served);
  EXPECT_GT(*facts.served, 0);
  EXPECT_GT(*facts.loss, 0);
  // Of the labels alone nothing more is known.
  const SearchedImage labels = imageFacts(*frame->image, *frame->classNames);
  EXPECT_EQ(labels.classes, facts.classes);
  EXPECT_FALSE(labels.starved);
  EXPECT_FALSE(labels.loss);
}

}  // namespace
}  // namespace anchorscope
