#pragma once
// The one QApplication of a test program, and pictures of what was tested..

#include <gtest/gtest.h>

#include <QApplication>
#include <QImage>
#include <QString>
#include <memory>

namespace anchorscope::testing {

class QtEnvironment : public ::testing::Environment {
 public:
  void SetUp() override {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    application_ = std::make_unique<QApplication>(count_, arguments_);
  }
  void TearDown() override { application_.reset(); }

 private:
  int count_ = 1;
  char name_[6] = "tests";
  char* arguments_[2] = {name_, nullptr};
  std::unique_ptr<QApplication> application_;
};

[[maybe_unused]] inline ::testing::Environment* const kQtEnvironment =
    ::testing::AddGlobalTestEnvironment(new QtEnvironment);

/// Keeps a picture of what a test saw, for people, in the folder ANCHORSCOPE_SHOTS names; does nothing
/// without it.
inline void keepPicture(const QImage& picture, const QString& name) {
  const QString folder = qEnvironmentVariable("ANCHORSCOPE_SHOTS");
  if (folder.isEmpty()) return;
  EXPECT_TRUE(picture.save(folder + QLatin1Char('/') + name + QStringLiteral(".png")));
}

}  // namespace anchorscope::testing
